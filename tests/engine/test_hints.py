"""Hints out of a source: one question for a kind of trouble, however many issues it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.signal import IssueSignal
from tests.support import T0, change, sign
from tests.theatre import Theatre
from tests.virtual import run
from watcher.incident.command import Confirm, Declare, Deploy, Dismiss, Refused, SeeChange
from watcher.incident.event import PageRequested, SignalsJoined
from watcher.incident.surroundings import Confirmed, Suspected
from watcher.incident.suspicion import suspect
from watcher.judge import ALSO_MAX
from watcher.observation import Sweep

RULES = """\
version: 1
category: payments
rules:
  - id: payments.payout
    trigger: duplicate charges
    because: "a payout looks wrong"
    signal: issue
    when: {any_text: ['weird payout']}
    certainty: hint
    examples:
      fires: [{title: "weird payout 7"}]
      near_misses: [{title: "a payout", why: nothing is odd}]
"""


async def staged(stage: Theatre | None = None) -> Theatre:
    return await (stage or Theatre(rules=RULES)).start()


async def sweep(
    stage: Theatre,
    *keys: int,
    environment: str | None = None,
    complete: bool = False,
    release: str | None = None,
) -> None:
    now = stage.world.clock.now()
    signals = tuple(
        IssueSignal(
            source="sentry:shop",
            key=str(key),
            at=now,
            started_at=now,
            title=f"weird payout {key}",
            environment=environment,
            release=release,
        )
        for key in keys
    )
    await stage.engine.submit(Sweep(source="sentry:shop", at=now, signals=signals, complete=complete))
    await stage.pass_(milliseconds=10)


def notes(stage: Theatre, number: int = 1) -> int:
    return stage.events(f"suspicion/{number}").count("SignalsJoined")


def test_a_hundred_hints_of_one_kind_are_one_question() -> None:
    """The first asks, the next are noted there, up to a bound; the same ones again say nothing new."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, *range(100))
        assert (stage.log.count("suspicion"), notes(stage)) == (1, ALSO_MAX)
        for _ in range(3):
            await sweep(stage, *range(100))
        assert (stage.log.count("suspicion"), notes(stage)) == (1, ALSO_MAX)
        await stage.pass_(minutes=4)
        assert [title.partition(" ")[0] for title in stage.titles("ann-phone")] == ["SUS-1"]

    run(main())


def test_a_hint_in_another_place_is_a_question_of_its_own() -> None:
    """Another environment is another group; what is noted says what it is and whose word."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, 2)
        await sweep(stage, 3, environment="eu")
        assert (stage.log.count("suspicion"), notes(stage), notes(stage, 2)) == (2, 1, 0)
        (joined,) = [
            row.event for row in stage.log.read("suspicion/1") if isinstance(row.event, SignalsJoined)
        ]
        assert [(s.source, s.title) for s in joined.signs] == [("sentry:shop", "weird payout 2")]

    run(main())


def test_what_was_noted_is_known_after_a_restart() -> None:
    """The log remembers which signals an open question is about."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, 2, 3)
        await stage.crash()
        again = await staged(Theatre(stage.log, rules=RULES))
        await sweep(again, 1, 2, 3)
        assert (again.log.count("suspicion"), notes(again)) == (1, 2)

    run(main())


def test_a_no_answers_all_that_was_noted_and_nothing_else() -> None:
    """What the person could see is answered for a day; what comes new asks again."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, 2, 3)
        await stage.engine.ask("suspicion/1", Dismiss(by="ann", text="a test account"))
        await stage.pass_(seconds=5)  # the end is told, and the question leaves the memory
        await sweep(stage, 1, 2, 3)
        assert stage.log.count("suspicion") == 1
        await sweep(stage, 1, 2, 3, 4)
        assert stage.log.count("suspicion") == 2

    run(main())


def test_what_comes_after_a_yes_asks_once_more_and_not_for_each() -> None:
    """The question that was confirmed takes no more notes."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1)
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        await sweep(stage, 1, 2, 3)
        assert (stage.log.count("suspicion"), notes(stage), notes(stage, 2)) == (2, 0, 1)

    run(main())


def test_what_was_noted_joins_the_incident_that_a_yes_opens() -> None:
    """Its recovery is seen, and its clean time counted, like that of the signal that asked."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, 2, 3)
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        assert [ref.rpartition(" ")[2] for ref in stage.incident().watched] == ["1", "2", "3"]
        await sweep(stage, 2, complete=True)
        clean = [ref.rpartition(" ")[2] for ref, w in stage.incident().watched.items() if w.clean]
        assert clean == ["1", "3"]

    run(main())


def test_what_was_noted_joins_the_incident_that_covers_it_already() -> None:
    """An incident that is open takes all of them, in one event."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, 2)
        await stage.engine.hear(Declare(by="cara", category="payments", text="payouts are wrong"))
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        assert stage.log.count("incident") == 1
        joined = [row.event for row in stage.log.read("incident/1") if isinstance(row.event, SignalsJoined)]
        assert [[s.key for s in event.signs] for event in joined] == [["1", "2"]]

    run(main())


def test_what_a_person_confirms_is_no_late_event_of_the_release_before_the_fix() -> None:
    """The incident that covers it runs a fix already: the person speaks of now, and it counts as failing."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1, release="2.41.1")
        await stage.engine.hear(Declare(by="cara", category="payments", text="payouts are wrong"))
        await stage.engine.ask("incident/1", SeeChange(change=change(deployed_at=T0 - timedelta(minutes=9))))
        await stage.engine.ask("incident/1", Deploy(by="cara", version="2.41.2"))
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        watched = stage.incident().watched
        assert [ref.rpartition(" ")[2] for ref, w in watched.items() if not w.clean][-1] == "1"

    run(main())


def test_the_end_of_a_suspicion_names_the_incident_that_it_became() -> None:
    """On the phone, in the timeline and in the log: whoever was asked knows where to go on."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1)
        await stage.pass_(seconds=5)
        await stage.engine.ask("suspicion/1", Confirm(by="bob"))
        await stage.pass_(seconds=5)
        assert "SUS-1 shop: bob says that it is a P0, now INC-1" in stage.titles("ann-phone")
        (said,) = [row.event for row in stage.log.read("suspicion/1") if isinstance(row.event, Confirmed)]
        assert said.incident == "INC-1"

    run(main())


def test_a_second_yes_opens_nothing() -> None:
    """It is refused with the reason, and takes no number of an incident."""

    async def main() -> None:
        stage = await staged()
        await sweep(stage, 1)
        await stage.engine.ask("suspicion/1", Confirm(by="bob"))
        with pytest.raises(Refused, match="SUS-1 was already confirmed by bob"):
            await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        assert stage.log.count("incident") == 1

    run(main())


def test_a_suspicion_of_an_early_version_knows_no_service_and_leaves_no_gap() -> None:
    """Its titles begin with its id alone."""
    suspected = Suspected(at=T0, sign=sign(category="payments"), environment="production")
    page = suspect(3, suspected, T0)[1]
    assert isinstance(page, PageRequested)
    assert page.title.startswith("SUS-3: is this payments?")
