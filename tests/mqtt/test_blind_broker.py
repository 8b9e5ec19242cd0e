"""A broker that does not hear us is a blind eye: told once it lasts, and shown until it is over."""

from __future__ import annotations

from typing import Any

from tests.mqtt.stage import Stage, played
from watcher.incident.blindness import BROKER


def eye(stage: Stage) -> Any:
    return stage.engine.streams.get(f"source/{BROKER}")


def test_a_broker_that_is_lost_for_a_while_is_told_once_and_its_return_too() -> None:
    """A minute's restart of a broker is nobody's business; three minutes are, quietly, with the next step."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        await stage.pass_(minutes=2)
        assert eye(stage).blind_since is not None
        assert stage.titles("ann-phone") == []
        await stage.pass_(minutes=30)
        (page,) = stage.sender.pages("ann-phone")
        assert (page.kind, page.title) == ("tell", "shop: the MQTT broker cannot be used")
        assert "Is it running" in page.lines[-1]
        assert "Pages leave without it" in page.lines[1]
        stage.broker.up = True
        await stage.pass_(minutes=3)
        assert eye(stage).blind_since is None
        assert "the MQTT broker can be used again" in stage.titles("ann-phone")[-1]

    played(scene)


def test_a_broker_that_lets_us_read_nothing_is_blind_though_it_stands() -> None:
    """Reports and acknowledgements would be lost in silence."""

    async def scene(stage: Stage) -> None:
        await stage.pass_(minutes=1)
        assert eye(stage) is None or eye(stage).blind_since is None
        stage.broker.refused = ("watcher/reports",)
        stage.broker.crash()
        stage.broker.up = True
        await stage.pass_(minutes=5)
        assert (eye(stage).reason, eye(stage).detail) == ("auth", "it does not let us read watcher/reports")
        assert len(stage.titles("ann-phone")) == 1

    played(scene)


def test_a_broker_that_comes_and_goes_stays_blind() -> None:
    """Two watchers that throw each other out connect again and again, and neither is heard."""

    async def scene(stage: Stage) -> None:
        for _ in range(60):
            stage.broker.crash()
            stage.broker.up = True
            await stage.pass_(seconds=9)
        assert eye(stage).blind_since is not None
        assert len(stage.titles("ann-phone")) == 1

    played(scene)
