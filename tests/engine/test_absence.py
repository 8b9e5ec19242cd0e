"""Nobody climbs, recovers or falls silent because of us: restarts, suspends, reloads, our own network, hints."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from rules.signal import Activity, IssueSignal
from tests.theatre import CONFIG, Theatre, governing
from tests.virtual import run
from watcher.incident.command import Acknowledge, Confirm, Dismiss, MarkFalse, Refused, Report
from watcher.log.memory import MemoryLog
from watcher.observation import Reference, Sweep

WITH_REFERENCE = CONFIG + "blind: {reference: ['https://reference.example/']}\n"

HINTS = """\
version: 1
category: payments
rules:
  - id: payments.odd
    trigger: duplicate charges
    because: "somebody should look"
    signal: issue
    when: {any_text: ['odd charge']}
    certainty: hint
    examples:
      fires: [{title: "odd charge", level: error, events: 1}]
      near_misses: [{title: "charge", level: error, events: 1, why: it is not odd}]
"""


def woken(stage: Theatre, target: str) -> int:
    return len([p for p in stage.sender.pages(target) if p.kind == "wake"])


def test_a_restart_after_a_long_downtime_wakes_the_on_call_alone() -> None:
    """The higher rungs that fell due meanwhile wait for a look."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log).start()
        await first.probe()
        await first.crash()
        await asyncio.sleep(4 * 3600)
        second = await Theatre(log).start()
        await second.pass_(seconds=30)
        assert (woken(second, "ann-phone"), woken(second, "cara-phone")) == (1, 0)
        await second.probe("down")
        assert woken(second, "cara-phone") >= 1

    run(main())


def test_a_suspend_is_an_absence() -> None:
    """Neither recovered nor climbed: the time in which the machine slept was seen by nobody."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.probe("up")
        stage.world.clock._last += 3 * 3600  # the wall clock after the machine woke
        await stage.pass_(seconds=40)
        assert stage.incident().status == "investigating"
        assert woken(stage, "cara-phone") == 0

    run(main())


def test_a_false_alarm_that_was_clean_meanwhile_opens_anew_after_a_restart() -> None:
    """That it was clean is remembered with the rest."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log).start()
        await first.probe()
        await first.engine.ask("incident/1", MarkFalse(by="ann"))
        await first.probes("up", 5)
        await first.crash()
        second = await Theatre(log).start()
        await second.probes("down", 1)
        assert log.count("incident") == 2

    run(main())


def test_an_answer_that_tells_nothing_does_not_end_the_quiet() -> None:
    """Unknown is not clean."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.engine.ask("incident/1", MarkFalse(by="ann"))
        await stage.probes("unknown", 5)
        await stage.probes("down", 1)
        assert stage.log.count("incident") == 1

    run(main())


def hint(stage: Theatre) -> Sweep:
    now = stage.world.clock.now()
    activity = (Activity(window=timedelta(minutes=5), events=3),)
    signal = IssueSignal(
        source="sentry:shop", key="4", at=now, started_at=None, title="odd charge", activity=activity
    )
    return Sweep(source="sentry:shop", at=now, signals=(signal,))


async def polls(stage: Theatre, minutes: float) -> None:
    for _ in range(round(minutes * 2)):
        await stage.engine.submit(hint(stage))
        await stage.pass_(seconds=30)


def test_a_dismissed_hint_stays_dismissed_while_it_goes_on() -> None:
    """The next poll shows the same, and says nothing new."""

    async def main() -> None:
        stage = await Theatre(rules=HINTS).start()
        await polls(stage, 1)
        await stage.engine.ask("suspicion/1", Dismiss(by="ann"))
        await polls(stage, 20)
        assert stage.log.count("suspicion") == 1

    run(main())


def test_a_confirmed_hint_fails_on_while_it_is_seen() -> None:
    """It is an incident's signal now: neither clean nor another suspicion."""

    async def main() -> None:
        stage = await Theatre(rules=HINTS).start()
        await polls(stage, 1)
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        await polls(stage, 10)
        assert stage.incident().status == "investigating"
        assert stage.log.count("suspicion") == 1

    run(main())


def test_what_is_no_longer_watched_is_neither_clean_nor_dark() -> None:
    """After a reload without it: its clean time stops, and nobody is told for ever that it cannot be seen."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.engine.ask("incident/1", Acknowledge(by="ann", via="cli"))
        await stage.probe("up")
        stage.judge.governing = governing(CONFIG.replace("name: api", "name: other"))
        await stage.probe("up", "other")
        await stage.pass_(minutes=10)
        assert stage.incident().status == "investigating"

    run(main())


def test_a_crash_while_our_network_was_away_is_regained_by_the_next_reference() -> None:
    """The doubt ends with the first look after it, and the ladder goes on."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log, text=WITH_REFERENCE).start()
        row = first.world.clock.now()
        await first.probe("down", started_at=row)
        await first.engine.submit(Reference(at=row, reached=False))
        await first.pass_(seconds=1)
        await first.crash()
        second = await Theatre(log, text=WITH_REFERENCE).start()
        await second.engine.submit(Reference(at=second.world.clock.now(), reached=True))
        await second.pass_(seconds=1)
        await second.probes("down", 1)
        assert second.incident().lost is None

    run(main())


def test_reports_from_outside_do_not_keep_an_acknowledgement() -> None:
    """Progress is what the people who have it do."""

    async def main() -> None:
        stage = await Theatre(
            rules=HINTS.replace("signal: issue", "signal: report")
            .replace("level: error, events: 1", "")
            .replace('{title: "odd charge", }', '{text: "odd charge"}')
            .replace('{title: "charge", , why', '{text: "charge", why')
        ).start()
        await stage.engine.hear(Report(by="bob", text="an odd charge", via="api"))
        await stage.engine.ask("suspicion/1", Confirm(by="ann"))
        for _ in range(3):
            await stage.pass_(minutes=10)
            await stage.engine.hear(Report(by="customer", text="an odd charge again", via="api"))
        await stage.pass_(minutes=1)
        assert "AcknowledgementExpired" in stage.events()

    run(main())


@pytest.mark.parametrize("name", ["@status", "everyone", "On-Call"])
def test_nobody_is_called_like_a_role_or_a_target(name: str) -> None:
    """Else an acknowledgement would page them."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        with pytest.raises(Refused, match="say who you are"):
            await stage.engine.ask("incident/1", Acknowledge(by=name, via="api"))

    run(main())


def test_an_endpoint_that_answers_badly_now_and_then_does_not_recover() -> None:
    """A bad answer that is not yet a failure breaks off what was clean."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        for _ in range(40):
            await stage.probe("up")
            await stage.pass_(seconds=10)
            doubt = Sweep(
                source="health:api",
                at=stage.world.clock.now(),
                signals=(),
                complete=False,
                doubtful=("health:api api",),
            )
            await stage.engine.submit(doubt)
            await stage.pass_(seconds=10)
        assert stage.incident().status == "investigating"

    run(main())
