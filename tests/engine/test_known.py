"""A silence that could never match anything is refused: its author would sleep badly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support import T0
from tests.theatre import CONFIG, Theatre, governing
from tests.virtual import run
from watcher.incident.command import Refused
from watcher.incident.silences import Silence
from watcher.known import impossible, unseen

GOVERNING = governing()


def silence(**match: str) -> Silence:
    return Silence(match=match, until=T0 + timedelta(minutes=30), by="ann", because="a move")


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ({"source": "health:apii"}, "there is no source 'health:apii'; known are health:api"),
        (
            {"category": "outages"},
            "there is no category 'outages'; known are outage, authentication, data-loss",
        ),
        ({"rule": "outage.don"}, "there is no rule 'outage.don'; known are outage.down"),
    ],
)
def test_a_value_that_nothing_can_have_is_refused_and_the_nearest_named(
    match: dict[str, str], words: str
) -> None:
    """Sources, categories and rules are known whole; a typing error silences nothing, and is said at once."""

    async def main() -> None:
        stage = await Theatre().start()
        with pytest.raises(Refused) as refused:
            await stage.engine.ask("silences", silence(**match))
        assert refused.value.because.startswith(words)
        assert stage.events("silences") == []

    run(main())


def test_people_and_what_they_declare_can_be_silenced() -> None:
    """A source that is a person's word needs no configuration."""
    match = {"source": "report:mail", "rule": "declared", "category": "payments", "key": "anything"}
    assert list(impossible(match, GOVERNING.config, GOVERNING.rulebook)) == []


def test_a_system_that_was_never_seen_is_doubted_and_not_refused() -> None:
    """A report may name any; what the configuration names is known."""
    assert "api" in CONFIG
    doubts = list(
        unseen({"system": "apy", "environment": "produktion"}, GOVERNING.config, GOVERNING.rulebook, ())
    )
    assert doubts == [
        "nothing of the system 'apy' was seen so far; known are api",
        "nothing of the environment 'produktion' was seen so far; known are production",
    ]
    known = {"system": "api", "environment": "production"}
    assert list(unseen(known, GOVERNING.config, GOVERNING.rulebook, ())) == []
