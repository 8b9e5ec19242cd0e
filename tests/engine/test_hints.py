"""Hints out of a source: one question for a kind of trouble, however many issues it has."""

from __future__ import annotations

from rules.signal import IssueSignal
from tests.theatre import Theatre
from tests.virtual import run
from watcher.incident.command import Confirm, Dismiss
from watcher.incident.event import Noted
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


async def sweep(stage: Theatre, *keys: int, environment: str | None = None) -> None:
    now = stage.world.clock.now()
    signals = tuple(
        IssueSignal(
            source="sentry:shop",
            key=str(key),
            at=now,
            started_at=now,
            title=f"weird payout {key}",
            environment=environment,
        )
        for key in keys
    )
    await stage.engine.submit(Sweep(source="sentry:shop", at=now, signals=signals, complete=False))
    await stage.pass_(milliseconds=10)


def notes(stage: Theatre, number: int = 1) -> int:
    return stage.events(f"suspicion/{number}").count("Noted")


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
        (noted,) = [row.event for row in stage.log.read("suspicion/1") if isinstance(row.event, Noted)]
        assert (noted.by, noted.text) == ("sentry:shop", "also: weird payout 2")

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
