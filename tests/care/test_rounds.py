"""What follows from a complaint, in virtual time: health, a message, a page on another path, the all-clear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from notifiers.page import Receipt
from tests.care.kept import BEATING, CANARY, Kept
from tests.support import T0
from tests.theatre import CONFIG, governing
from tests.virtual import run
from watcher.care.expectations import weaknesses
from watcher.care.heartbeat import address_of
from watcher.incident import command as ask
from watcher.incident.surroundings import DaemonStarted
from watcher.log import Append
from watcher.log.memory import MemoryLog
from watcher.observation import Blind
from watcher.roster import Roster


def played(scene: Callable[[Kept], Awaitable[None]], text: str = CONFIG) -> None:
    async def main() -> None:
        stage = await Kept(text=text).start()
        try:
            await scene(stage)
        finally:
            await stage.crash()

    run(main())


def test_a_lane_that_hangs_is_told_wakes_on_another_path_and_is_taken_back() -> None:
    """Five minutes without a result: told after another, a page on the targets that stand in, and the all-clear."""

    async def scene(stage: Kept) -> None:
        stage.sender.hang = {"ann-phone", "bob-phone", "cara-phone"}
        await stage.probes("down", 4)
        assert stage.complaints == []
        await stage.probes("down", 1.5)
        assert set(stage.complaints) == {"receipt"}
        assert stage.figures.ok[-1] is False
        assert stage.sent("not well") == []
        await stage.probes("down", 1.5)
        assert stage.sent("not well") == ["chat: shop: the watcher is not well"]
        await stage.probes("down", 11)
        woken = [s.target for s in stage.sender.sent if "not been well for 10 min" in s.page.title]
        assert woken == ["chat", "chat-2"]

    patient = CONFIG.replace(
        "wakes: true", "timeout: 20m, wakes: true"
    )  # a lane gives up with its target's timeout
    played(scene, patient)


def test_a_complaint_that_passes_within_a_minute_is_told_to_nobody() -> None:
    """Health and metrics show it at once; a message is for what lasts."""

    async def scene(stage: Kept) -> None:
        await stage.probes("up", 11)
        await stage.pass_(minutes=9, seconds=50)
        assert stage.complaints == ["source"]
        await stage.probes("up", 2)
        assert stage.complaints == []
        assert stage.sent("well") == []

    played(scene)


def test_a_source_that_falls_silent_is_told_and_its_return_as_well() -> None:
    """A monitor that has fallen silent is what users of every peer complain of."""

    async def scene(stage: Kept) -> None:
        await stage.probes("up", 1)
        await stage.pass_(minutes=11)
        assert stage.complaints == ["source"]
        assert stage.sent("not well")[:1] == ["chat: shop: the watcher is not well"]
        assert "health:api has not looked since 03:00 UTC" in stage.sender.sent[0].page.lines
        await stage.probes("up", 3)
        assert stage.complaints == []
        assert {t.split(":")[0] for t in stage.sent("well again")} == {"chat", "ann-phone"}
        assert stage.life.illness is None

    played(scene)


def test_a_page_about_ourselves_that_nobody_takes_goes_straight_to_the_senders() -> None:
    """The lanes or the log may be what is broken: past them, to every target that wakes, once."""

    async def scene(stage: Kept) -> None:
        stage.deliver._stopped = True
        await stage.probes("down", 30)
        straight = [s.target for s in stage.sender.sent if s.page.id == "last-resort"]
        assert straight == ["ann-phone", "bob-phone", "cara-phone"]
        assert {s.page.id for s in stage.sender.sent} == {"last-resort"}

    played(scene)


def test_an_audit_that_fails_itself_is_a_complaint() -> None:
    """What cannot be checked is not well; and the engine turns on."""

    async def scene(stage: Kept) -> None:
        await stage.probes("up", 1)
        stage.engine.streams["source/broken"] = object()
        stage.upkeep._rounds.turned(_committed(stage))
        assert stage.complaints == ["audit"]
        del stage.engine.streams["source/broken"]

    played(scene)


def _committed(stage: Kept) -> object:
    from watcher.inbox import Committed

    now = stage.world.clock.now() + timedelta(seconds=2)
    return Committed(now, (), stage.engine.streams)


def test_a_canary_that_is_refused_turns_the_audit_false_until_one_is_taken() -> None:
    """The test button of others passes while the real path fails; this one is the real path."""

    async def scene(stage: Kept) -> None:
        stage.sender._script = {"chat": iter([Receipt(outcome="refused", reason="auth")])}
        await stage.probes("up", 1)
        assert stage.complaints == ["canary"]
        assert stage.life.canary_at is None
        await stage.probes("up", 58)
        assert stage.complaints == ["canary"]
        await stage.probes("up", 3)
        assert stage.complaints == []
        assert stage.life.canary_at is not None

    played(scene, CANARY)


def test_a_canary_goes_to_each_target_that_wakes_in_turn() -> None:
    """Three canaries, three phones; the quiet target each time."""

    async def scene(stage: Kept) -> None:
        await stage.probes("up", 31)
        targets = [s.target for s in stage.sender.sent if "canary" in s.page.title]
        assert targets[:6] == ["chat", "ann-phone", "chat", "bob-phone", "chat", "cara-phone"]
        assert {s.page.kind for s in stage.sender.sent} == {"tell"}

    played(scene, CANARY.replace("24h", "10m"))


def test_the_heartbeat_beats_only_while_all_is_well() -> None:
    """Start; nothing before every source has looked; success each minute; fail while it complains; success again."""

    async def scene(stage: Kept) -> None:
        await stage.pass_(seconds=30)
        assert [url for _, url in stage.pinged] == ["http://127.0.0.1:1/ping/secret-key/start?a=1"]
        await stage.probes("up", 3)
        good = [at for at, url in stage.pinged if url.endswith("/ping/secret-key?a=1")]
        assert len(good) == 4
        assert [round(b - a) for a, b in pairwise(good)] == [60, 60, 60]
        assert len(stage.figures.beats) == 4
        await stage.pass_(minutes=15)
        assert stage.complaints == ["source"]
        assert stage.pinged[-1][1].endswith("/ping/secret-key/fail?a=1")
        assert stage.figures.beats[-1] < T0 + timedelta(minutes=15)
        await stage.probes("up", 3)
        assert stage.pinged[-1][1].endswith("/ping/secret-key?a=1")

    played(scene, BEATING)


def test_a_blind_source_does_not_stop_the_heartbeat() -> None:
    """That it is blind was said, by a message: the watcher itself is well."""

    async def scene(stage: Kept) -> None:
        now = stage.world.clock.now()
        await stage.engine.submit(Blind(source="health:api", at=now, reason="unreachable"))
        await stage.pass_(minutes=30)
        assert len(stage.figures.beats) >= 29

    played(scene, BEATING)


def test_a_ping_that_is_refused_is_no_beat_and_says_nothing_of_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The metric tells when it was last taken; who knows the address can fake our life."""

    async def scene(stage: Kept) -> None:
        stage.status = 500
        await stage.probes("up", 3)
        assert len(stage.pinged) == 5
        assert stage.figures.beats == []

    played(scene, BEATING)
    assert "heartbeat (success) was not taken: status 500" in caplog.text
    assert "secret-key" not in caplog.text


def test_the_signals_stand_below_the_address_and_before_its_query() -> None:
    """As healthchecks has it; with and without a slash at the end."""
    assert address_of("https://hc.example/ping/a", "start") == "https://hc.example/ping/a/start"
    assert address_of("https://hc.example/ping/a/?x=1", "fail") == "https://hc.example/ping/a/fail?x=1"
    assert address_of("https://hc.example/ping/a/?x=1", "success") == "https://hc.example/ping/a/?x=1"


def test_the_note_names_who_could_not_be_woken() -> None:
    """Nothing was taken by ann's phone for a month: said once, and not to those whose phone took something."""
    log = MemoryLog()
    began = DaemonStarted(at=T0 - timedelta(days=31), version="1")
    log.append([Append(stream="daemon", kind="daemon", expected_version=0, events=(began,))], {})

    async def main() -> None:
        stage = await Kept(log).start()
        await stage.probes("up", 3)
        assert stage.sent("wake anybody") == [
            "chat: shop: would a page wake anybody?",
            "ann-phone: shop: would a page wake anybody?",
        ]
        assert "ann-phone of ann has taken no message for 30 days" in stage.sender.sent[0].page.lines
        await stage.crash()
        again = Kept(log)
        again.figures.taken = {"ann-phone": T0 - timedelta(days=29)}
        await again.start()
        await again.probes("up", 3)
        assert again.sent("wake anybody") == []
        await again.crash()

    run(main())


def test_who_is_on_call_without_a_target_that_wakes_is_named() -> None:
    """Whatever was taken: nothing would ring."""
    config = governing(
        CONFIG.replace("default: ann", "default: dora").replace(
            "contacts:", "contacts:\n  dora: {targets: [chat]}"
        )
    ).config
    assert weaknesses(config, T0, {"chat": T0}, T0, Roster(config).plan()) == (
        "dora is on call, and no target of theirs wakes",
    )


def test_a_drill_that_a_person_answered_is_remembered() -> None:
    """Who and how long, in the daemon's own stream; an unanswered one is no practice."""

    async def scene(stage: Kept) -> None:
        said = ask.Declare(by="ann", category="outage", text="practice", drill=True, speed=1)
        await stage.engine.hear(said)
        await stage.pass_(minutes=2)
        assert stage.life.drilled_at is None
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="link"))
        await stage.pass_(minutes=1)
        assert "DrillAnswered" in stage.events("daemon")
        assert stage.life.drill == 1
        await stage.pass_(minutes=5)
        assert stage.events("daemon").count("DrillAnswered") == 1

    played(scene)
