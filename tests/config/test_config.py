"""The configuration: every fault at once with its place; secrets never in plain text; roles to targets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from rules.fault import Faults
from rules.yaml import compose
from tests.support import T0
from watcher.clock import Clock
from watcher.config import Config, policy, problems
from watcher.incident.event import PageRequested
from watcher.loading import read_config
from watcher.roster import Roster
from watcher.serve.links import Links
from watcher.serve.metrics.metrics import Metrics

GOOD = """\
version: 1
service: {name: shop, public_url: "https://watcher.shop.example"}
health:
  endpoints:
    - {name: api, url: "http://127.0.0.1:1/api/health", system: api, critical: true}
contacts:
  ann: {targets: [chat, ann-phone]}
  bob: {targets: [bob-phone]}
  cara: {role: cto, targets: [cara-phone]}
targets:
  chat: {apprise: "${CHAT_URL}"}
  ann-phone: {apprise: "${ANN_URL}", wakes: true, fallback: chat}
  bob-phone: {apprise: "json://127.0.0.1:9/", wakes: true}
  cara-phone: {apprise: {file: "${SECRETS}/cara"}, wakes: true}
  status: {apprise: "console://", for: [publish]}
on_call: {default: ann}
serve: {tokens: {cli: "${CLI_TOKEN}"}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a secret's file, and the environment that names it."""
    (tmp_path / "cara").write_text("slack://SECRET-of-cara/x/y\n")
    monkeypatch.setenv("SECRETS", str(tmp_path))
    monkeypatch.setenv("CLI_TOKEN", "SECRET-cli-token")
    monkeypatch.setenv("CHAT_URL", "slack://SECRET-chat/x/y")
    monkeypatch.setenv("ANN_URL", "json://SECRET-ann@push.example/")
    return tmp_path / "watcher.yaml"


def faults_of(place: Path, text: str) -> list[str]:
    place.write_text(text)
    with pytest.raises(Faults) as caught:
        read_config(place)
    return [str(f).removeprefix(str(place)) for f in caught.value.faults]


def test_a_good_configuration_is_read_with_its_defaults(place: Path) -> None:
    """Secrets come from the environment or a file; paths are relative to the file; the policy is the settled one."""
    place.write_text(GOOD)
    config = read_config(place)
    assert config.targets["cara-phone"].apprise.get_secret_value() == "slack://SECRET-of-cara/x/y"
    assert config.log.path == place.parent / "watcher.db"
    settled = policy(config, security=False)
    assert [(r.after, r.page) for r in settled.unacknowledged] == [
        (timedelta(0), ("on-call",)),
        (timedelta(minutes=10), ("on-call",)),
        (timedelta(minutes=15), ("cto",)),
    ]
    assert [r.page for r in settled.unmitigated] == [("cto",), ("everyone",)]


def test_a_backup_spares_the_cto_the_first_half_hour(place: Path) -> None:
    """Where somebody is the backup, the unacknowledged ladder ends with them."""
    place.write_text(GOOD.replace("bob: {targets", "bob: {role: backup, targets"))
    config = read_config(place)
    assert [r.page for r in policy(config, security=False).unacknowledged] == [("on-call",), ("backup",)]


def test_a_security_incident_reaches_its_own_few(place: Path) -> None:
    """On-call and CTO; no rung of it names everyone."""
    place.write_text(GOOD)
    quiet = policy(read_config(place), security=True)
    assert {r.page for r in (*quiet.unacknowledged, *quiet.unmitigated)} == {("on-call", "cto")}


def test_no_secret_shows_itself(place: Path) -> None:
    """Neither in repr nor in what a fault says."""
    place.write_text(GOOD)
    assert "SECRET" not in repr(read_config(place))
    said = faults_of(place, GOOD.replace('"${CHAT_URL}"', '"slack://SECRET-plain/x/y"'))
    assert said == [
        ":11:19: targets.chat.apprise: a secret is written as ${NAME} or {file: PATH}, never in plain text"
    ]


def test_every_fault_comes_at_once_with_its_place(place: Path) -> None:
    """Line and column, the key, and what to write instead."""
    text = GOOD.replace("critical: true", "critcal: true").replace("role: cto", "role: 7")
    said = faults_of(place, text + "wach: 1\n")
    assert len(said) == 3
    assert any("did you mean 'critical'" in line and line.startswith(":5:") for line in said)
    assert any("contacts.cara.role" in line for line in said)


def test_names_that_nothing_carries_are_faults(place: Path) -> None:
    """A contact's target, a fallback, the on-call, a rung's page."""
    text = (
        GOOD.replace("targets: [chat, ann-phone]", "targets: [chat, anns-phone]")
        .replace("fallback: chat", "fallback: ann-phone")
        .replace("default: ann", "default: anna")
        + "escalation: {unacknowledged: [{after: 0m, page: [on-cal], repeat: 3m}]}\n"
    )
    said = "\n".join(faults_of(place, text))
    for words in (
        "no target 'anns-phone'",
        "is not another target",
        "no contact 'anna'",
        "nobody is 'on-cal'",
    ):
        assert words in said
    assert said.count("\n") == 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("${CHAT_URL}", "${NOT_THERE}", "the environment variable NOT_THERE is not set"),
        ('/cara"', '/nobody"', "nobody cannot be read: No such file"),
        ("${CHAT_URL}", "${NOT_THERE}", "docs/install.md, And then"),
        ("${CHAT_URL}", "${EMPTY_URL}", "the environment variable EMPTY_URL is empty"),
        ("version: 1", "version: 2", "this program reads version 1"),
        ("version: 1", "version: 1\nblind:\n\tafter: 10m", "a tab: indent with spaces"),
        ("version: 1", "version: 1\nsentry: [web]", "write {key: value}"),
        (
            "version: 1",
            "version: 1\nmaintenance: [{from: 2026-11-25T03:00:00, to: 2026-11-25T04:00:00Z}]",
            "a moment needs its zone: write 2026-11-25T03:00:00Z",
        ),
        ("targets: [bob-phone]", "targets: []", "contacts.bob.targets"),
    ],
)
def test_faults_name_the_mend(
    place: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, words: str
) -> None:
    """What is wrong, where, and what to do."""
    monkeypatch.setenv("EMPTY_URL", "")
    said = faults_of(place, GOOD.replace(old, new))
    assert any(words in line for line in said), said


def test_a_first_rung_that_falls_silent_is_refused(place: Path) -> None:
    """The first rung pages at once and repeats, or the ladder is none."""
    said = faults_of(place, GOOD + "escalation: {unacknowledged: [{after: 5m, page: [on-call]}]}\n")
    assert "the first rung pages at once" in said[0]


def page(*to: str, kind: str = "wake", loudest: bool = False) -> PageRequested:
    return PageRequested(at=T0, kind=kind, purpose="rung", to=to, title="t", lines=(), loudest=loudest)


@pytest.mark.parametrize(
    ("request_", "targets"),
    [
        (page("on-call"), ["chat", "ann-phone"]),
        (page("on-call", loudest=True), ["ann-phone"]),
        (page("cto"), ["cara-phone"]),
        (page("backup"), ["chat", "ann-phone"]),
        (page("everyone"), ["chat", "ann-phone", "bob-phone", "cara-phone"]),
        (page("on-call", "cto", "ann"), ["chat", "ann-phone", "cara-phone"]),
        (page("@bob-phone", kind="tell"), ["bob-phone"]),
        (page("@gone", kind="tell"), ["gone"]),
    ],
)
def test_roles_become_targets(place: Path, request_: PageRequested, targets: list[str]) -> None:
    """Each target once; a repetition goes to what wakes; a role that nobody carries falls to the on-call."""
    place.write_text(GOOD)
    found = Roster(read_config(place)).deliveries(request_)
    assert [d.target for d in found] == targets


def test_problems_are_none_in_a_good_one(place: Path) -> None:
    """The check between the parts does not cry wolf."""
    document = compose(GOOD, "x")
    assert problems(document.check(Config)) == []


@pytest.mark.parametrize(
    "name", ["ann", "Ann Smith", "o'neil", "Jürgen-2", "安", "a.b_c", "x" * 100, "z" * 97 + "安"]
)
def test_a_contact_s_name_fits_into_a_link_that_can_be_read(place: Path, name: str) -> None:
    """Whatever name is taken, the link that it is signed into can be read again."""
    place.write_text(
        GOOD.replace("ann: {targets", f'"{name}": {{targets').replace("default: ann", f'default: "{name}"')
    )
    assert name in read_config(place).contacts
    links = Links(bytes(32), lambda: "https://watcher.shop.example", Clock())
    assert links.read(links.token("INC-123456", name)).contact == name


@pytest.mark.parametrize(
    "name", ["x" * 101, "安" * 34, "a/b", "a\\nb", "@phone", "a\\u202eb", " ann", "", "<b>"]
)
def test_a_contact_s_name_is_plain_and_short(place: Path, name: str) -> None:
    """What would make a link too long for its reader, or a page look odd, is refused with its place."""
    text = GOOD.replace("ann: {targets", f'"{name}": {{targets').replace("default: ann", "default: bob")
    (said,) = faults_of(place, text)
    assert said.startswith(":7:")
    assert "a contact's name is letters, digits" in said


def test_a_token_that_can_be_guessed_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen characters at least; the fault names the mend, and not the token."""
    monkeypatch.setenv("CLI_TOKEN", "SECRET-15-chars")
    (said,) = faults_of(place, GOOD)
    assert said.startswith(":17:")
    assert "at least 16 characters: openssl rand -hex 24" in said
    assert "SECRET" not in said
    monkeypatch.setenv("CLI_TOKEN", "SECRET-16-chars.")
    place.write_text(GOOD)
    assert read_config(place).serve.tokens


def test_a_door_beyond_this_machine_needs_a_key(place: Path) -> None:
    """A public address in front, or a listening beyond loopback, and no token: both are said."""
    said = faults_of(
        place, GOOD.replace('serve: {tokens: {cli: "${CLI_TOKEN}"}}', "serve: {listen: '0.0.0.0:9120'}")
    )
    assert ["needs a token" in line for line in said] == [True, True]


@pytest.mark.parametrize(
    ("health", "clean_for", "window"),
    [
        ("defaults: {every: 400ms, retry_every: 100ms}", "3s", timedelta(seconds=3)),
        ("defaults: {every: 4m}", "5m", timedelta(minutes=8)),
        ("defaults: {every: 1s}", "5m", timedelta(minutes=5)),
    ],
)
def test_clean_is_two_looks_at_least(place: Path, health: str, clean_for: str, window: timedelta) -> None:
    """Of the intervals that hold: those of the defaults, where an endpoint names none. Nobody sees between two looks."""
    text = GOOD.replace("health:\n", f"health:\n  {health}\n")
    place.write_text(f"{text}recovery: {{clean_for: {clean_for}}}\n")
    assert policy(read_config(place), security=False).clean_for == window


def test_the_interval_that_is_told_is_the_one_that_holds(place: Path) -> None:
    """The alert on late looks goes by it."""
    place.write_text(GOOD.replace("health:\n", "health:\n  defaults: {every: 45s}\n"))
    metrics = Metrics(Clock(), "0")
    metrics.govern(read_config(place))
    said = metrics.exposition().decode()
    assert 'watcher_poll_interval_seconds{source="health:api"} 45.0' in said
