"""What comes in over MQTT, and what never goes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mqtt.stage import SETTINGS, Stage, played
from watcher.broker import Letter
from watcher.incident import command as ask
from watcher.settings.mqtt import MqttSettings


def test_bad_messages_end_no_connection_and_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Garbage is refused one by one, said ten times a minute at most; a bare name counts in a trusted topic alone."""

    async def scene(stage: Stage) -> None:
        stage.settings = SETTINGS.model_copy(update={"trusted": ("house/button",)})
        stage.channel.govern()
        await stage.probe("down")
        await stage.pass_(seconds=1)
        attempts, name = len(stage.broker.attempts), b'{"id": "INC-1", "who": "ann"}'
        for number in range(50):
            for topic in ("watcher/reports", "watcher/commands/ack", "house/button"):
                stage.broker.inbox.put_nowait(Letter(topic, b"[" * 1000 * number))
        for topic in ("watcher/commands/ack", "house/window", "watcher/reports"):
            stage.broker.inbox.put_nowait(Letter(topic, name))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by is None
        assert len(stage.broker.attempts) == attempts
        assert caplog.text.count("was not taken") <= 11
        stage.broker.inbox.put_nowait(Letter("house/button", name))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by == "ann"

    played(scene)


def test_nothing_of_a_security_incident_is_published() -> None:
    """Whoever can read the broker learns nothing of it, neither its state nor that it exists; nor once it is released."""

    async def scene(stage: Stage) -> None:
        await stage.engine.hear(ask.Declare(by="bob", category="security", text="PII leak in the export"))
        await stage.engine.ask("incident/1", ask.Note(by="bob", text="the export leaks"))
        await stage.pass_(seconds=1)
        assert stage.shown("INC-1") == {}
        await stage.engine.ask("incident/1", ask.Release(by="bob"))
        await stage.engine.ask("incident/1", ask.Note(by="bob", text="it may be spoken of"))
        await stage.pass_(seconds=1)
        assert stage.shown("INC-1") == {}
        await stage.engine.ask("incident/1", ask.Resolve(by="bob"))
        await stage.probe("down")
        await stage.pass_(minutes=1)
        assert "watcher/incidents/INC-1" not in stage.broker.retained
        assert stage.shown("INC-2")["id"] == "INC-2"
        assert not [event for event in stage.broker.events if event["id"] == "INC-1"]

    played(scene)
    guide = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()
    assert "Nothing of a security incident, released or not" in guide


def test_a_retained_message_is_never_taken_as_new() -> None:
    """A report or an acknowledgement that the broker kept from another day does nothing."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        token = json.dumps({"token": stage.links.token("INC-1", "ann")}).encode()
        stage.broker.inbox.put_nowait(Letter("watcher/commands/ack", token, retained=True))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by is None
        stage.broker.inbox.put_nowait(Letter("watcher/commands/ack", token))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by == "ann"

    played(scene)


def test_reports_beyond_the_allowance_are_dropped() -> None:
    """A flood of reports reaches the engine as thirty in a minute, and as thirty more in the next."""

    async def scene(stage: Stage) -> None:
        heard: list[object] = []
        hear = stage.engine.hear

        async def counting(command: Any) -> Any:
            heard.append(command)
            return await hear(command)

        stage.engine.hear = counting  # type: ignore[method-assign]
        report = json.dumps({"text": "the dog barks", "from": "x"}).encode()
        for expected in (30, 60):
            for _ in range(200):
                stage.broker.inbox.put_nowait(Letter("watcher/reports", report))
            await stage.pass_(seconds=1)
            assert expected <= len(heard) <= expected + 2
            await stage.pass_(minutes=1)

    played(scene)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://broker.example"},
        {"url": "mqtt://user:pass@broker.example"},
        {"url": "mqtt://broker.example/topic"},
        {"url": "mqtt://broker.example", "trusted": ["house/#"]},
        {"url": "mqtt://broker.example", "trusted": ["house/+/ack"]},
        {"url": "mqtt://broker.example", "prefix": "a/#"},
        {"url": "mqtt://broker.example", "ca": "/etc/ca.pem"},
        {"url": "mqtts://broker.example", "ca": "ca.pem"},
        {"url": "mqtt://broker.example", "password": "plain"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """Another scheme, credentials in the address, wildcards among the trusted, a certificate without TLS, a plain password."""
    with pytest.raises(ValueError, match="validation error"):
        MqttSettings.model_validate(wrong)
