"""Where an issue happens, as far as one event of it can tell."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from tests.sources.sentry.stage import FIVE, NOW, TOKEN, issue, only, poll, settings, state, still, world
from watcher.demo.glitchtip import glitchtip_app
from watcher.demo.tracker import spread
from watcher.sources.sentry.text import word
from watcher.world import World

MINUTE = timedelta(minutes=1)


def at_places(*latest: str, environments: tuple[str, ...] = ("production", "staging")) -> World:
    """A server with an issue whose events come from these environments, the last of them last."""
    many = [
        spread(
            events=30,
            users=0,
            since=NOW - FIVE + n * MINUTE,
            until=NOW - FIVE + (n + 1) * MINUTE,
            environment=place,
        )
        for n, place in enumerate(latest)
    ]
    held = state(issue(occurrences=sum(many, ())), environments=environments)
    app = glitchtip_app(held, token=TOKEN, clock=still())
    return world(lambda: httpx2.ASGITransport(app=app), still())


@pytest.mark.parametrize("last", ["dev", "staging", "Staging\n", "CI"])
async def test_one_event_from_elsewhere_silences_nobody_s_errors(last: str) -> None:
    """The latest event may be anybody's: a non-production name on it does not stand for the issue."""
    found = only(await poll(settings(), at_places("production", last)))
    assert found.environment is None
    assert found.tags is not None
    assert found.tags["environment"] == last.strip()


async def test_one_event_may_say_which_environment_pages() -> None:
    """A name that pages is believed: it tells people where to look. Without line breaks: it is a name."""
    assert only(await poll(settings(), at_places("staging", "eu-prod\n"))).environment == "eu-prod"


async def test_the_only_environment_that_is_watched_is_believed() -> None:
    """Where staging alone is asked for, an issue of staging wakes nobody."""
    found = only(await poll(settings(environments=("staging",)), at_places("staging")))
    assert found.environment == "staging"


def test_a_name_is_one_line() -> None:
    """What people and rules compare as a word holds no line break that a stranger put there."""
    assert word("prod\r\n", 100) == "prod"
    assert word("a\n  ok   all is\u2028well", 100) == "a ok all is well"
    assert word(7, 100) == ""
