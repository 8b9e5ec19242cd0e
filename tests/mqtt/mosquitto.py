"""A real Mosquitto on loopback that can be killed, frozen and started again; and an ear and a mouth beside the daemon."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

from tests.crash.stage import free_port
from tests.whole.stage import holds

PATH = os.environ["PATH"] + ":/usr/sbin"
MOSQUITTO = shutil.which("mosquitto", path=PATH)

needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None and os.environ.get("CI") != "true", reason="mosquitto is not installed"
)


class Mosquitto:
    """One broker process at one port. It keeps nothing on disk: after a restart it knows nothing."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n{more}")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        assert MOSQUITTO is not None, "mosquitto is not installed"
        words = [MOSQUITTO, "-c", str(self._file)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert holds(self._answers, 10)

    def _answers(self) -> bool:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        try:
            client.connect("127.0.0.1", self.port)
        except OSError:
            return False
        client.disconnect()
        return True

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(5)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Heard:
    at: float
    topic: str
    text: str
    retained: bool


class Ear:
    """A client that hears everything and can speak. Asked anew, it is told what the broker retains."""

    def __init__(self, broker: Mosquitto, topics: str = "#") -> None:
        self.heard: list[Heard] = []
        self._broker = broker
        self._topics = topics
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, reconnect_on_failure=False)
        self._client.on_message = self._take
        self._client.on_connect = lambda *_: self._client.subscribe(self._topics, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", self._broker.port)
        self._client.loop_start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _: Any, __: Any, message: Any) -> None:
        text = message.payload.decode("utf-8", "replace")
        self.heard.append(Heard(time.monotonic(), message.topic, text, message.retain))

    def say(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        info.wait_for_publish(10)

    def on(self, topic: str) -> list[str]:
        """What was heard on one topic, in order."""
        return [heard.text for heard in self.heard if heard.topic == topic]

    def hears(self, fits: Callable[[list[Heard]], object], seconds: float = 10) -> bool:
        return holds(lambda: fits(self.heard), seconds)


def retained(broker: Mosquitto) -> dict[str, str]:
    """What the broker holds now, by topic."""
    with Ear(broker) as ear:
        time.sleep(0.2)  # retained messages follow the subscription at once
        return {heard.topic: heard.text for heard in ear.heard if heard.retained}
