"""A broker that hangs up at a bad moment: what the libraries and asyncio would say of it never reaches the log."""

from __future__ import annotations

import asyncio
import gc
import select
import socket
from collections.abc import Iterator

import pytest

from watcher.broker import Broker, BrokerLost, Will
from watcher.serve.mqtt.client import connect
from watcher.settings.mqtt import MqttSettings

ACCEPTED = bytes([0x20, 3, 0, 0, 0])
GOODBYE = bytes([0xE0, 0])


class Line:
    """The broker's end of one connection. What it does, it does between two turns of the loop."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.settings = MqttSettings(url=f"mqtt://127.0.0.1:{self._server.getsockname()[1]}")
        self.peer = socket.socket()

    async def hear(self) -> None:
        """Until somebody has asked to be let in."""
        self.peer.close()
        self.peer, _ = await asyncio.to_thread(self._server.accept)
        self.peer.settimeout(5)
        assert await asyncio.to_thread(self.peer.recv, 4096)

    def close(self) -> None:
        self.peer.close()
        self._server.close()

    async def speak(self) -> None:
        """What a daemon does on this line."""
        async with connect(self.settings, Will("status", "offline")) as broker:
            await broker.subscribe("reports")


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    gc.collect()  # asyncio complains of a fault that nobody looked at when its future goes
    return [record.getMessage() for record in caplog.records if record.name == "asyncio" or record.exc_info]


def die(line: Line, broker: Broker) -> None:
    """Hang up, and return once the kernel has told our end."""
    line.peer.close()
    end = broker._client._client.socket()  # type: ignore[attr-defined]
    assert select.select([end], [], [], 5)[0]


async def test_a_broker_that_dies_as_we_publish_is_no_traceback(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop is not asked to watch a socket that was closed in the turn in which we wrote."""

    async def speak() -> None:
        async with connect(line.settings, Will("status", "offline")) as broker:
            die(line, broker)
            publishing = asyncio.create_task(broker.publish("events", "{}"))
            for _ in range(5):  # turns: we write, the library reads the end and closes, the loop would watch
                await asyncio.sleep(0)
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
            with pytest.raises(BrokerLost):
                await broker.publish("events", "{}")

    speaking = asyncio.create_task(speak())
    await line.hear()
    line.peer.sendall(ACCEPTED)
    await speaking
    del speaking
    assert complaints(caplog) == []


async def test_a_broker_that_dies_as_it_lets_us_in_is_lost_and_no_traceback(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    """Its word and its end arrive together: the first question finds nobody, and that is all that is said."""
    speaking = asyncio.create_task(line.speak())
    await line.hear()
    line.peer.sendall(ACCEPTED)
    line.peer.close()
    with pytest.raises(BrokerLost):
        await speaking
    del speaking
    assert complaints(caplog) == []


async def test_a_broker_that_dies_as_we_stop_is_no_traceback(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    """A stop while we wait to be let in, in the turn in which the broker hangs up, says nothing."""
    speaking = asyncio.create_task(line.speak())
    await line.hear()
    speaking.cancel()
    line.peer.close()
    await asyncio.gather(speaking, return_exceptions=True)
    assert speaking.cancelled()
    for _ in range(5):
        await asyncio.sleep(0)
    assert complaints(caplog) == []


async def test_a_connection_that_is_given_up_is_ended(line: Line) -> None:
    """A frozen broker that answers later finds a goodbye: it keeps no connection under our name that nobody reads."""
    speaking = asyncio.create_task(line.speak())
    await line.hear()
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    assert await asyncio.to_thread(line.peer.recv, 100) == GOODBYE
    assert await asyncio.to_thread(line.peer.recv, 100) == b""


def test_a_stop_while_it_connects_is_no_traceback(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """The thread that connects may come back to a loop that is over; it then leaves nothing behind that complains."""

    async def stop() -> None:
        speaking = asyncio.create_task(line.speak())
        await asyncio.sleep(0)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)

    for _ in range(10):
        asyncio.run(stop())
        assert complaints(caplog) == []
