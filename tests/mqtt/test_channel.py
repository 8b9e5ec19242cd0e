"""The side channel in virtual time: what it publishes, and a broker that comes and goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.mqtt.stage import SETTINGS, Stage, played
from watcher.incident import command as ask
from watcher.incident.event import Resolved
from watcher.incident.state import evolve
from watcher.serve.mqtt import notices
from watcher.serve.mqtt.outgoing import FACTS_MAX


def test_what_changed_while_the_broker_was_away_is_right_when_it_is_back() -> None:
    """After an outage the broker holds each open incident as it is now, none that closed meanwhile, and every fact in order."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        await stage.pass_(seconds=1)
        assert stage.shown()["acknowledged_by"] is None
        stage.broker.crash()
        await stage.pass_(minutes=2)
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        stage.broker.up = True
        await stage.pass_(minutes=2)
        assert stage.shown()["acknowledged_by"] == "ann"
        stage.broker.crash()
        await stage.pass_(seconds=1)
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        stage.broker.up = True
        stage.broker.retained["watcher/incidents/INC-1"] = "{}"  # of a broker that keeps what it had
        await stage.pass_(minutes=2)
        assert "watcher/incidents/INC-1" not in stage.broker.retained
        seqs = [event["seq"] for event in stage.broker.events]
        assert seqs == sorted(set(seqs))
        assert [
            e["event"] for e in stage.broker.events if e["event"] in ("Opened", "Acknowledged", "Closed")
        ] == [
            "Opened",
            "Acknowledged",
            "Closed",
        ]

    played(scene)


def test_a_broker_that_forgot_everything_is_told_again() -> None:
    """What did not change while the broker was away is published again as well."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        await stage.pass_(seconds=1)
        before = stage.shown()
        assert before["id"] == "INC-1"
        stage.broker.crash()
        stage.broker.up = True
        await stage.pass_(minutes=1)
        assert stage.shown() == before
        assert stage.broker.retained["watcher/status"] == "online"

    played(scene)


def test_what_the_broker_holds_and_we_do_not_know_is_cleared() -> None:
    """An incident that closed in an earlier life does not stay open at the broker."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        stage.broker.retained["watcher/incidents/INC-77"] = "{}"
        stage.broker.up = True
        await stage.pass_(minutes=1)
        assert "watcher/incidents/INC-77" not in stage.broker.retained

    played(scene)


def test_a_closed_incident_is_cleared_at_once() -> None:
    """Its topic is empty as soon as it is over, though those who were paged have not all been told yet."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        await stage.pass_(seconds=1)
        assert stage.shown()["status"] == "investigating"
        state, now = stage.incident(), stage.world.clock.now()
        assert not notices.is_shown(evolve(state, Resolved(at=now, by="ann")))
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        await stage.pass_(seconds=1)
        assert stage.shown() == {}
        kinds = {event["event"] for event in stage.broker.events}
        assert {"Opened", "Resolved", "Closed"} <= kinds
        assert not [kind for kind in kinds if kind.startswith("Page")]

    played(scene)


def test_a_goodbye_to_a_frozen_broker_takes_a_second() -> None:
    """A stop does not wait for a broker that does not answer."""

    async def scene(stage: Stage) -> None:
        stage.broker.frozen = True
        began = stage.world.clock.now()
        stage.speaking.cancel()
        await asyncio.gather(stage.speaking, return_exceptions=True)
        assert stage.speaking.cancelled()
        assert stage.world.clock.now() - began <= timedelta(seconds=1.1)

    played(scene)


def test_a_broker_that_is_down_is_asked_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    """Attempts spread with full jitter up to a minute apart: an hour costs some hundred, and two lines in the log."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        await stage.pass_(hours=1)
        waits = [b - a for a, b in pairwise(stage.broker.attempts)]
        assert 60 <= len(waits) <= 250
        assert max(waits) <= 61
        assert caplog.text.count("the broker is lost") <= 2

    played(scene)


def test_a_frozen_broker_holds_up_nobody() -> None:
    """The engine's turns never wait for the broker: an acknowledgement is durable at once while a publish hangs."""

    async def scene(stage: Stage) -> None:
        stage.broker.frozen = True
        await stage.probe("down")
        began = stage.world.clock.monotonic()
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        assert stage.world.clock.monotonic() - began < 0.5
        stage.broker.frozen = False
        await stage.pass_(minutes=3)
        assert stage.shown()["acknowledged_by"] == "ann"

    played(scene)


def test_facts_beyond_the_bound_are_dropped_oldest_first_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A long outage costs a bounded memory: the newest facts are kept, and how many were lost is said."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        await stage.probe("down")
        for number in range(FACTS_MAX + 20):
            await stage.engine.ask("incident/1", ask.Note(by="ann", text=f"note {number}"))
        stage.broker.up = True
        await stage.pass_(minutes=3)
        notes = [event["text"] for event in stage.broker.events if event["event"] == "Noted"]
        assert notes == [f"ann notes: note {n}" for n in range(20, FACTS_MAX + 20)]
        assert "facts were not published" in caplog.text

    played(scene)


def test_a_reload_exchanges_the_broker_and_takes_it_away() -> None:
    """New settings say goodbye to the old broker and introduce us to the new one; none at all is silence."""

    async def scene(stage: Stage) -> None:
        assert stage.broker.retained["watcher/status"] == "online"
        stage.settings = SETTINGS.model_copy(update={"prefix": "shop/watcher"})
        stage.channel.govern()
        await stage.pass_(seconds=1)
        assert stage.broker.retained["watcher/status"] == "offline"
        assert stage.broker.retained["shop/watcher/status"] == "online"
        stage.settings = None
        stage.channel.govern()
        await stage.pass_(seconds=1)
        assert stage.broker.retained["shop/watcher/status"] == "offline"
        sent = stage.broker.sent
        await stage.probe("down")
        await stage.pass_(minutes=5)
        assert stage.broker.sent == sent

    played(scene)


def test_two_watchers_that_throw_each_other_out_slow_down() -> None:
    """A broker that ends every connection at once is asked with growing pauses, though each connection stood."""

    async def scene(stage: Stage) -> None:
        async def kicker() -> None:
            while True:
                await asyncio.sleep(0.1)
                stage.broker.inbox.put_nowait(None)

        kicking = asyncio.create_task(kicker())
        await stage.pass_(minutes=30)
        kicking.cancel()
        assert len(stage.broker.attempts) < 150

    played(scene)


def test_being_cancelled_ends_it_with_a_goodbye() -> None:
    """The end of the daemon ends the channel at once, and the broker knows."""

    async def scene(stage: Stage) -> None:
        began = stage.world.clock.now()
        stage.speaking.cancel()
        await asyncio.gather(stage.speaking, return_exceptions=True)
        assert stage.speaking.cancelled()
        assert stage.world.clock.now() - began < timedelta(seconds=1)
        assert stage.broker.retained["watcher/status"] == "offline"

    played(scene)
