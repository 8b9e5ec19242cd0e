"""The engine in virtual time: from what a source says to what a pager gets, over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from notifiers.page import Receipt
from rules.signal import Activity, IssueSignal
from tests.support import T0
from tests.theatre import CONFIG, Theatre
from tests.virtual import run
from watcher.incident import command as ask
from watcher.incident.deploys import ReportDeploy
from watcher.incident.silences import Silence
from watcher.incident.surroundings import DaemonStarted, SignalSetAside
from watcher.log import Append, LogBroken, Memory, Row
from watcher.log.memory import MemoryLog
from watcher.observation import Blind, Sweep

ACCEPTED = Receipt(outcome="accepted")
REFUSED = Receipt(outcome="refused", reason="server_error")


def test_a_failing_probe_becomes_one_incident_and_one_page_a_target() -> None:
    """However often it is seen."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probes("down", 2)
        assert len(stage.titles("ann-phone")) == len(stage.titles("chat")) == 1
        assert stage.titles("ann-phone")[0].startswith("INC-1 shop: P0 outage")
        assert stage.incident().status == "investigating"

    run(main())


def test_a_page_carries_the_link_of_its_reader() -> None:
    """And the command to type, and no age while it is fresh."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        page = stage.sender.pages("ann-phone")[0]
        assert (page.link, page.command) == (
            "https://watcher.shop.example/ack/INC-1-ann",
            "watcher ack INC-1",
        )
        assert (page.id, page.age, page.repeat) == ("INC-1/3@ann-phone", timedelta(0), False)

    run(main())


def test_the_whole_life_of_an_incident() -> None:
    """Failing, paged again, acknowledged, recovered, watched, closed; and those who were paged hear of the end."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probes("down", 4)
        assert len(stage.titles("ann-phone")) == 2
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="link"))
        await stage.probes("down", 10)
        assert len([p for p in stage.sender.pages("ann-phone") if p.kind == "wake"]) == 2
        await stage.probes("up", 6)
        assert stage.incident().status == "watching"
        await stage.probes("up", 121)
        assert stage.incident().status == "resolved"
        assert "resolved" in stage.titles("ann-phone")[-1]
        assert stage.titles("bob-phone") == []
        assert stage.log.open_streams() == ["daemon", "incident/1"]  # the post-mortem is owed
        await stage.engine.ask("incident/1", ask.TickItem(by="ann", item="postmortem"))
        assert stage.log.open_streams() == ["daemon"]

    run(main())


def test_a_crash_between_commit_and_send_repeats_the_page_marked() -> None:
    """What was owed is sent after the restart, under the same id, as a possible repeat."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log, {"ann-phone": [REFUSED], "chat": [REFUSED]}).start()
        await first.probe()
        await first.crash()
        second = await Theatre(log).start()
        await second.pass_(minutes=2)
        page = second.sender.pages("ann-phone")[0]
        assert page.repeat
        assert page.id == "INC-1/3@ann-phone"
        assert len(second.titles("ann-phone")) == 1

    run(main())


def test_a_restart_does_not_send_again_what_was_accepted() -> None:
    """And goes on with the ladder where it was."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log).start()
        await first.probe()
        await first.crash()
        second = await Theatre(log).start()
        await second.pass_(minutes=2)
        assert second.titles() == []
        await second.pass_(minutes=2)
        assert len(second.titles("ann-phone")) == 1

    run(main())


def test_downtime_is_not_clean_time() -> None:
    """What was clean before we were away goes on counting when it is seen again, not before."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log).start()
        await first.probe()
        await first.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        await first.probes("up", 3)
        await first.crash()
        await asyncio.sleep(3600)
        second = await Theatre(log).start()
        await second.pass_(minutes=10)
        assert second.incident().status == "investigating"
        await second.probes("up", 2.5)
        assert second.incident().status == "watching"
        started = [r.event for r in log.read("daemon") if isinstance(r.event, DaemonStarted)]
        assert started[1].down_since is not None
        assert started[1].at - started[1].down_since >= timedelta(hours=1)

    run(main())


def test_a_blind_source_is_neither_failing_nor_clean() -> None:
    """Blindness is recorded, stops clean time, and opens nothing."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.probes("up", 3)
        now = stage.world.clock.now()
        await stage.engine.submit(Blind(source="health:api", at=now, reason="silent"))
        await stage.pass_(minutes=9)
        assert stage.incident().status == "investigating"
        assert stage.events("source/health:api")[:2] == ["SourceBlinded", "PageRequested"]
        await stage.probes("up", 2.5)
        assert stage.incident().status == "watching"
        assert "SourceSighted" in stage.events("source/health:api")

    run(main())


def test_an_answer_that_does_not_speak_of_health_is_not_clean() -> None:
    """A login page in front of a broken application mends nothing."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.probes("unknown", 10)
        assert stage.incident().status == "investigating"

    run(main())


def test_a_deploy_shortly_before_is_in_the_first_page() -> None:
    """The first line says the action; the recommendation commits with the page."""

    async def main() -> None:
        stage = await Theatre().start()
        for version in ("2.41.0", "2.41.1"):
            await stage.engine.ask("deploys", deploy(version))
        await stage.pass_(minutes=9)
        await stage.probe()
        assert (
            stage.sender.pages("chat")[0]
            .lines[0]
            .startswith("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before")
        )

    run(main())


def deploy(version: str) -> ReportDeploy:
    return ReportDeploy(
        version=version,
        previous=None,
        system="api",
        environment="production",
        deployed_at=None,
        migration=False,
        told_by="ci",
    )


def test_what_a_person_closed_does_not_open_again_at_once() -> None:
    """The counters of the last minutes may still show it; what fails on after ten minutes is a new incident."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        await stage.probes("down", 9.5)
        assert stage.log.count("incident") == 1
        await stage.probes("down", 1)
        assert stage.log.count("incident") == 2

    run(main())


def test_a_silence_keeps_signals_from_opening_until_it_ends() -> None:
    """What still fails at its end pages at once."""

    async def main() -> None:
        stage = await Theatre().start()
        until = T0 + timedelta(minutes=30)
        await stage.engine.ask(
            "silences", Silence(match={"source": "health:api"}, until=until, by="ann", because="move")
        )
        await stage.probes("down", 29)
        assert stage.titles() == []
        await stage.probes("down", 2)
        assert len(stage.titles("ann-phone")) == 1
        assert stage.events("silences") == ["Silenced", "SilenceEnded"]

    run(main())


def test_a_refusal_changes_nothing_and_says_why() -> None:
    """Also of an incident that is no longer in memory."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        await stage.pass_(minutes=1)
        before = stage.events()
        with pytest.raises(ask.Refused, match="already resolved by ann"):
            await stage.engine.ask("incident/1", ask.Acknowledge(by="bob", via="cli"))
        with pytest.raises(LookupError):
            await stage.engine.ask("incident/99", ask.Acknowledge(by="bob", via="cli"))
        assert stage.events() == before

    run(main())


def test_a_signal_that_cannot_be_judged_is_set_aside() -> None:
    """Twice it is tried; then it is recorded, and the rest goes on."""

    async def main() -> None:
        stage = await Theatre().start()
        for _ in range(4):
            await stage.probe("down", "poisoned", reason=None, detail=None, failed_components=None)
            await stage.probe("down")
        aside = [r.event for r in stage.log.read("daemon") if isinstance(r.event, SignalSetAside)]
        assert [(e.source, e.key) for e in aside] == [("health:poisoned", "poisoned")]
        assert len(stage.titles("ann-phone")) == 1

    run(main())


class BrokenLog(MemoryLog):
    """A disk that fills up."""

    full = False

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        if self.full:
            raise LogBroken("the log cannot be written: disk full")
        return super().append(batch, memory)


def test_a_log_that_cannot_be_written_ends_the_engine() -> None:
    """At the latest with the next heartbeat, also when nothing happens; what fails is known for the last words."""

    async def main() -> None:
        log = BrokenLog()
        stage = await Theatre(log).start()
        log.full = True
        await stage.pass_(seconds=31)
        with pytest.raises(LogBroken, match="disk full"):
            stage.tasks[0].result()

    run(main())


def test_two_targets_of_which_one_fails() -> None:
    """One target's failure neither delays nor hides the other's; the fallback is asked."""

    async def main() -> None:
        stage = await Theatre(script={"ann-phone": [REFUSED] * 6}).start()
        await stage.probe()
        assert len(stage.titles("chat")) == 1
        await stage.pass_(seconds=31)
        assert len(stage.titles("chat-2")) == 1
        await stage.pass_(seconds=95)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_a_target_that_the_configuration_lost_is_said_and_replaced_by_its_fallback() -> None:
    """A page never vanishes because a name did."""

    async def main() -> None:
        log = MemoryLog()
        first = await Theatre(log, {"ann-phone": [REFUSED], "chat": [ACCEPTED]}).start()
        await first.probe()
        await first.crash()
        text = CONFIG.replace("targets: [chat, ann-phone]", "targets: [chat]")
        lines = [line for line in text.splitlines() if not line.startswith("  ann-phone:")]
        second = await Theatre(log, text="\n".join(lines)).start()
        await second.pass_(seconds=10)
        assert [p.id for p in second.sender.pages("chat-2")] == ["INC-1/3@chat-2"]

    run(main())


def test_what_a_source_remembers_commits_with_what_came_of_it() -> None:
    """Memory and events are one append."""

    async def main() -> None:
        stage = await Theatre().start()
        sweep = Sweep(source="sentry:shop", at=T0, signals=(), memory={"cursor": "abc"})
        await stage.engine.submit(sweep)
        await stage.pass_(seconds=1)
        assert stage.log.remembered("sentry:shop") == {"cursor": "abc"}

    run(main())


LOST_RULES = """\
version: 1
category: data-loss
rules:
  - id: data-loss.deleted
    trigger: conversations deleted unintentionally
    because: "{count} say that data was lost"
    signal: issue
    when: {any_text: ['conversations deleted']}
    certainty: definite
    examples:
      fires: [{title: "12 conversations deleted by mistake", level: error, events: 1}]
      near_misses: [{title: "conversation renamed", level: error, events: 1, why: nothing is lost}]
"""


def lost(stage: Theatre, lately: int, hour: int) -> Sweep:
    """One issue that states the harm, as two windows count it."""
    now = stage.world.clock.now()
    activity = (
        Activity(window=timedelta(minutes=5), events=lately),
        Activity(window=timedelta(hours=1), events=hour),
    )
    signal = IssueSignal(
        source="sentry:shop",
        key="9",
        at=now,
        started_at=None,
        title="12 conversations deleted",
        activity=activity,
    )
    return Sweep(source="sentry:shop", at=now, signals=(signal,))


def test_what_happened_once_is_news_once() -> None:
    """One event of a certain harm opens, also when it is seen late; it is clean when it is no longer fresh."""

    async def main() -> None:
        stage = await Theatre(rules=LOST_RULES).start()
        await stage.engine.submit(lost(stage, 0, 1))  # it happened while nobody watched
        await stage.pass_(seconds=1)
        assert len(stage.titles("ann-phone")) == 1
        for _ in range(12):
            await stage.engine.submit(lost(stage, 0, 1))
            await stage.pass_(seconds=30)
        assert stage.incident().status == "watching"
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        for _ in range(40):
            await stage.engine.submit(lost(stage, 0, 1))
            await stage.pass_(minutes=1)
        assert stage.log.count("incident") == 1
        await stage.engine.submit(lost(stage, 1, 1))  # and again
        await stage.pass_(seconds=1)
        assert stage.log.count("incident") == 2

    run(main())
