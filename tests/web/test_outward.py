"""Where the page leads outside: addresses of hosts that the configuration names, and numbers for whoever has a token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.yaml import compose
from tests.serve.front import TOKENS, Front, played
from tests.support import sign
from tests.theatre import CONFIG
from tests.web.browser import Browser
from watcher.config import Config
from watcher.serve.web.outward import leads


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TOKEN", "0123456789abcdef")


TEXT = (
    CONFIG.replace('.example"}\nhealth', '.example", runbook: "https://wiki.example/p0"}\nhealth')
    .replace("ann: {", 'ann: {phone: "+49 30 111", ')
    .replace("bob: {", 'bob: {phone: "+49 (30) 123-45", ')
    .replace("cara: {", 'cara: {phone: "javascript:alert(1)", ')
)
SENTRY = "sentry:\n  - {name: shop, url: 'URL', organization: acme, token: '${SENTRY_TOKEN}'}\n"
BASE = "https://sentry.example:9000"


def read(base: str = BASE, runbook: str = "") -> Config:
    text = CONFIG + SENTRY.replace("URL", base)
    if runbook:
        text = text.replace('.example"}\nhealth', f".example\", runbook: '{runbook}'}}\nhealth")
    return compose(text, "watcher.yaml").check(Config)


def shown(config: Config, **options: Any) -> list[tuple[str, str]]:
    """What the page of an incident leads to, whose first signal is this one."""
    found: list[tuple[str, str]] = []

    async def scene(stage: Front) -> None:
        opened = stage.incident().opened.model_copy(update={"signs": (sign(**options),)})
        found.extend(leads(replace(stage.incident(), opened=opened, watched={}), config))

    played(scene)
    return found


@pytest.mark.parametrize(
    ("base", "url", "links"),
    [
        (BASE, f"{BASE}/issues/1/", True),
        (BASE, "https://sentry.example/issues/1/", False),
        (BASE, "https://sentry.example:9000@evil.example/issues/1/", False),
        (BASE, "https://evil.example/https://sentry.example:9000/", False),
        (BASE, "javascript://sentry.example:9000/%0aalert(1)", False),
        (BASE, f"{BASE}/issues/1/' onclick='x", False),
        (BASE, f"{BASE}\\@evil.example/", False),
        ("https://us.sentry.io", "https://acme.sentry.io/issues/1/", True),
        ("https://us.sentry.io", "https://acme.sentry.io.evil.example/issues/1/", False),
        ("https://us.sentry.io", "https://acme.sentry.io:8443/issues/1/", False),
        (BASE, "", False),
    ],
)
def test_an_error_is_linked_on_the_host_of_its_own_sentry_alone(base: str, url: str, *, links: bool) -> None:
    """The address came with the signal: what leads anywhere else is no link."""
    found = shown(read(base), source="sentry:shop", url=url)
    assert found == ([("Open in Sentry", url)] if links else [])
    assert shown(read(base), source="sentry:other", url=url) == []


@pytest.mark.parametrize(
    "runbook", ["javascript:alert(1)", "docs/p0.md", "data:text/html,x", "//wiki.example"]
)
def test_a_runbook_that_is_no_web_address_is_no_link(runbook: str) -> None:
    """A browser is never led into a script or a file."""
    assert shown(read(runbook=runbook)) == []


def test_the_runbook_stands_under_what_to_do() -> None:
    """On the page of whoever came by a link as well."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.follow(stage.links("INC-1", "ann"), "ann")
        part = page.html.partition('<section id="do"')[2].partition("</section>")[0]
        assert '<a href="https://wiki.example/p0" rel="noopener noreferrer">Runbook</a>' in part

    played(scene, tokens=TOKENS, text=TEXT)


def test_numbers_are_shown_to_whoever_signed_in_by_a_token() -> None:
    """A link may be passed on: it calls nobody. What is no number is no link, and nobody calls themselves."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.follow(stage.links("INC-1", "ann"), "ann")
            assert "tel:" not in page.html
            assert "123-45" not in page.html
            await ann.sign_in(TOKENS["cli"], "ann")
            page = await ann.open("/incidents/INC-1")
            assert '<a href="tel:+493012345">bob, +49 (30) 123-45</a>' in page.html
            assert "+49 30 111" not in page.html
            assert "javascript:" not in page.html

    played(scene, tokens=TOKENS, text=TEXT)


def test_without_tokens_no_number_is_shown() -> None:
    """Whoever sits at the machine says any name."""

    async def scene(stage: Front) -> None:
        async with Browser(stage, "127.0.0.1", "http://127.0.0.1:9120") as ann:
            page = await ann.open("/incidents/INC-1")
        assert (page.status, "tel:" in page.html) == (200, False)

    played(scene, text=TEXT)
