"""The one place that knows aiomqtt: a connection to a broker, in our own words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiomqtt
from paho.mqtt.client import MQTT_ERR_SUCCESS
from paho.mqtt.client import Client as Paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from rules.mask import clean
from watcher.broker import Broker, BrokerLost, Letter, Will
from watcher.observation import BlindReason
from watcher.settings.mqtt import MqttSettings

KEEPALIVE_SECONDS = 10
"""A broker that froze is noticed within fifteen seconds, though nothing is sent."""
TIMEOUT_SECONDS = 5
"""For each answer of the broker's; a broker on the other side of the world takes one."""
CONNECT_SECONDS = 2
"""A stop of the daemon waits for the thread that connects."""
INCOMING_MAX = 200
"""Messages that wait to be read; the next is dropped."""
PACKET_MAX = 16 * 1024
"""A report is a mail; the broker sends us nothing larger."""

REFUSED_CODES = (0x86, 0x87, 0x8A, 0x8C)
"""MQTT 5: bad user name or password, not authorized, banned, bad authentication method."""
LETTERS_MAX = 200
"""Characters of a broker's complaint that are shown."""


class _Shedding(asyncio.Queue[aiomqtt.Message]):
    """Drops what comes beyond its size, in silence: a line in the log for each would be a second flood."""

    def put_nowait(self, item: aiomqtt.Message) -> None:
        if not self.full():
            super().put_nowait(item)


@asynccontextmanager
async def connect(settings: MqttSettings, will: Will) -> AsyncIterator[Broker]:
    """A connection for as long as the `with` lasts. Raises BrokerLost where there is none to be had.

    A new client for every connection: one that was interrupted while it connected cannot be used again.
    """
    with _translated():
        client = _client(settings, will)
    try:
        with _translated():
            await client.__aenter__()
        yield _Connection(client)
    finally:
        client.let_go()


class _Quiet(aiomqtt.Client):
    """The library's client, without what it and asyncio log where a broker dies at a bad moment.

    Nothing of that is lost: whoever publishes or listens is told by an exception.
    """

    _over = False

    def let_go(self) -> None:
        """End it, whatever its state, and wait for nobody. Where nothing can be sent its keepalive ends it.

        A broker that froze may answer later; a connection that nobody knows would then bear our name.
        """
        self._over = True
        self._loop.call_soon(self._end)  # after what the thread that connects has asked of the loop

    def _end(self) -> None:
        if self._client.disconnect() == MQTT_ERR_SUCCESS:
            self._client.loop_write()  # at once: a loop that stops has few turns left

    def _on_socket_open(self, client: Paho, userdata: Any, sock: Any) -> None:
        if not self._over:
            super()._on_socket_open(client, userdata, sock)

    def _on_socket_register_write(self, client: Paho, userdata: Any, sock: Any) -> None:  # noqa: ARG002 - the library's
        """The library asks the loop for a number, a turn later: closed by then, or given to another connection."""

        def watch() -> None:
            if sock.fileno() >= 0:
                self._loop.add_writer(sock, self._write)

        self._loop.call_soon_threadsafe(watch)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 - as the library does where it reads
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _on_disconnect(self, *given: Any) -> None:
        if self._connected.cancelled():  # the library would be told so by an exception
            return
        super()._on_disconnect(*given)
        if self._disconnected.done():
            self._disconnected.exception()  # asyncio complains of one that nobody has looked at


def _client(settings: MqttSettings, will: Will) -> _Quiet:
    limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    limits.MaximumPacketSize = PACKET_MAX
    password = settings.password.get_secret_value() if settings.password else None
    client = _Quiet(
        settings.host,
        settings.port,
        username=settings.username,
        password=password,
        identifier=settings.identifier,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=True,
        properties=limits,
        keepalive=KEEPALIVE_SECONDS,
        timeout=TIMEOUT_SECONDS,
        will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
        queue_type=_Shedding,
        max_queued_incoming_messages=INCOMING_MAX,
        tls_context=ssl.create_default_context(cafile=settings.ca) if settings.tls else None,
        logger=logging.getLogger("aiomqtt"),
    )
    client._client.connect_timeout = CONNECT_SECONDS  # noqa: SLF001 - aiomqtt has no word for it
    return client


class _Connection:
    """A connection that stands."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        with _translated():
            await self._client.publish(topic, payload.encode(), qos=1, retain=retain)

    async def subscribe(self, topic: str) -> bool:
        options = SubscribeOptions(qos=1, noLocal=True)
        with _translated():
            codes = await self._client.subscribe(topic, options=options)
        return not any(getattr(code, "is_failure", False) for code in codes)

    async def letters(self) -> AsyncIterator[Letter]:
        with _translated():
            async for message in self._client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                yield Letter(str(message.topic), payload, bool(message.retain))


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever the library raises of a broken connection, in our word. Its texts may hold the broker's."""
    try:
        yield
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        said = clean(str(error), LETTERS_MAX) or type(error).__name__
        raise BrokerLost(said, _reason(error)) from None


def _reason(error: Exception) -> BlindReason:
    code = getattr(getattr(error, "rc", None), "value", None)
    return (
        "auth" if code in REFUSED_CODES else "timeout" if isinstance(error, TimeoutError) else "unreachable"
    )
