"""What may be configured of the watcher's own watching, and what is refused with its mend."""

from __future__ import annotations

import sys

import pytest

from rules.fault import Faults
from rules.yaml import compose
from tests.theatre import CONFIG
from watcher.care.checkup import of_proofs
from watcher.care.expectations import patience, plan, stand_ins
from watcher.config import Config, problems

SENTRY = """\
sentry:
  - name: shop
    url: {url}
    organization: acme
    token: ${{CARE_TOKEN}}
    projects: [{projects}]
"""
OWN = "errors: {dsn: '${CARE_DSN}', monitor: hotfix-watcher}\n"


def read(text: str) -> Config:
    return compose(CONFIG + text, "watcher.yaml").check(Config)


def wrong(text: str) -> list[str]:
    return [message for place, message in problems(read(text)) if place[0] in ("canary", "errors")]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_TOKEN", "sntryu_000111222")
    monkeypatch.setenv("CARE_DSN", "https://0123456789abcdef@o7.ingest.de.sentry.io/42")
    monkeypatch.setenv("BEAT", "https://hc.example/ping/0123-secret")


def test_nothing_is_watched_of_the_watcher_unless_it_is_said() -> None:
    """No ping, no canary, no library is loaded."""
    config = read("")
    assert (config.heartbeat, config.canary, config.errors) == (None, None, None)
    assert plan(config).canary is None


def test_the_plan_leaves_out_what_would_ring() -> None:
    """A target that takes pages alone would make a noise of every message: it is not in the canary's turn."""
    text = CONFIG.replace(
        'bob-phone: {apprise: "memory://127.0.0.1", wakes: true}',
        'bob-phone: {apprise: "memory://127.0.0.1", wakes: true, for: [wake]}',
    )
    config = compose(text + "canary: {target: chat, every: 12h}\n", "w").check(Config)
    assert plan(config).in_turn == ("ann-phone", "cara-phone")
    assert stand_ins(config) == ("chat-2",)


def test_a_canary_to_nobody_is_refused() -> None:
    """Its target is one of those that are named."""
    assert wrong("canary: {target: elsewhere}\n") == ["there is no target 'elsewhere'; name it under targets"]


@pytest.mark.parametrize(
    ("url", "projects", "refused"),
    [
        ("https://de.sentry.io", "{id: 42}", True),
        ("https://acme.sentry.io", "{id: 1}, {id: 42}", True),
        ("https://sentry.io", "", True),
        ("https://de.sentry.io", "{id: 1}", False),
        ("https://notsentry.io", "{id: 42}", False),
        ("https://sentry.shop.example", "", False),
    ],
)
def test_own_errors_never_go_where_we_look(url: str, projects: str, *, refused: bool) -> None:
    """An error of ours would page us about itself; regions and organisations of one host are one Sentry."""
    found = wrong(SENTRY.format(url=url, projects=projects) + OWN)
    assert bool(found) is refused
    assert all("polls this project" in message for message in found)


@pytest.mark.parametrize(
    "text",
    [
        "heartbeat: {url: 'ftp://127.0.0.1/x'}\n",
        "heartbeat: {url: 'https://hc.example/ping/plain'}\n",
        "heartbeat: {url: '${BEAT}', every: 0s}\n",
        "heartbeat: {url: '${CARE_TOKEN}'}\n",
        "errors: {dsn: 'https://k@h.example/1'}\n",
        "errors: {dsn: '${BEAT}'}\n",
        "errors: {dsn: '${CARE_DSN}', monitor: 'two words'}\n",
        "canary: {target: chat, every: 1m}\n",
    ],
)
def test_what_cannot_work_is_refused_and_shows_no_secret(text: str) -> None:
    """A plain secret, an address that is none, a rhythm that nobody wants."""
    with pytest.raises(Faults) as caught:
        read(text)
    assert "secret" not in str(caught.value).replace("a secret is written", "")
    assert "sntryu" not in str(caught.value)


def test_secrets_do_not_show() -> None:
    """Neither in what is printed of a configuration."""
    config = read("heartbeat: {url: '${BEAT}'}\n" + OWN)
    assert "0123" not in repr(config)


def test_patience_grows_with_the_interval_and_the_doubt() -> None:
    """A look each hour is not late after ten minutes; an answer that speaks of nothing tells nothing for a while."""
    slow = patience(
        read(
            SENTRY.format(url="https://de.sentry.io", projects="").replace(
                "    token", "    every: 1h\n    token"
            )
        )
    )
    assert slow["sentry:shop"].total_seconds() > 3600
    assert slow["health:api"].total_seconds() == 5 * 15 + 300 + 180


def test_the_check_up_says_what_would_miss_the_watcher_and_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two warnings where nothing is configured, none where all is, a fault where the extra is missing."""
    assert [f.level for f in of_proofs(read(""))] == ["warning", "warning"]
    whole = read("heartbeat: {url: '${BEAT}'}\ncanary: {target: chat}\n" + OWN)
    assert list(of_proofs(whole)) == []
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    assert [f.level for f in of_proofs(whole)] == ["fault"]
