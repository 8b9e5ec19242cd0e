"""What comes in: reports and acknowledgements. Every payload is a stranger's: capped, validated, never repeated in a log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rules.mask import clean, mask
from watcher.broker import Letter
from watcher.clock import Clock
from watcher.engine import Engine
from watcher.incident.command import Report
from watcher.serve import allowance
from watcher.serve.asking import ANSWER_WITHIN
from watcher.serve.taking import NotTaken, Taking
from watcher.settings.mqtt import MqttSettings

logger = logging.getLogger(__name__)

PAYLOAD_MAX = 16 * 1024

Word = Annotated[str, Field(min_length=1, max_length=200)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Said(_Message):
    """`reports`: somebody says that something is broken."""

    text: Annotated[str, Field(min_length=1, max_length=PAYLOAD_MAX)]
    from_: Word = Field(alias="from")
    environment: Word | None = None


class Signed(_Message):
    """`commands/ack`: the token of a link, or the code of a page; `who` where another than its addressee has it."""

    token: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    id: Word | None = None
    code: Word | None = None
    who: Word | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.token is not None) == (self.id is not None and self.code is not None):
            raise ValueError("either a token, or an id and its code")
        return self


class Named(_Message):
    """A trusted topic: who has what."""

    id: Word
    who: Word


class Incoming:
    """Reads one message after the other. It raises for none of them."""

    def __init__(self, engine: Engine, taking: Taking, clock: Clock) -> None:
        self._engine = engine
        self._taking = taking
        self._reports = allowance.reports(clock)
        self._complaints = allowance.complaints(clock)

    async def read(self, letter: Letter, settings: MqttSettings) -> None:
        """What follows from one message. A retained one is old news: it was for whoever listened then."""
        reader = self._reader(letter.topic, settings)
        if letter.retained or reader is None:
            return
        try:
            await reader(_whole(letter.payload))
        except NotTaken as refused:
            self._complain(refused.because)
        except ValidationError as error:
            self._complain(f"it is not as the documentation says ({error.error_count()} faults)")
        except TimeoutError:
            self._complain("the watcher is too busy to take it in")

    def _reader(self, topic: str, settings: MqttSettings) -> Callable[[bytes], Awaitable[None]] | None:
        readers = {settings.topic("commands", "ack"): self._signed, settings.topic("reports"): self._report}
        return readers.get(topic) or (self._named if topic in settings.trusted else None)

    async def _report(self, payload: bytes) -> None:
        said = Said.model_validate_json(payload)
        if not self._reports.take():
            raise NotTaken("too many reports in a minute; this one was dropped")
        report = Report(
            by=mask(clean(said.from_, 100)),
            text=said.text,
            via="mqtt",
            environment=clean(said.environment, 100) if said.environment else None,
        )
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            heard = await self._engine.hear(report)
        logger.info("a report: %s", heard.outcome, extra={"event": "report_heard", "id": heard.id or ""})

    async def _signed(self, payload: bytes) -> None:
        signed = Signed.model_validate_json(payload)
        if signed.token is not None:
            await self._taking.by_token(signed.token, via="mqtt", name=signed.who)
        elif signed.id is not None and signed.code is not None:
            await self._taking.by_code(signed.id, signed.code, via="mqtt", name=signed.who)

    async def _named(self, payload: bytes) -> None:
        named = Named.model_validate_json(payload)
        await self._taking.by_name(named.id, named.who, via="mqtt")

    def _complain(self, because: str) -> None:
        if self._complaints.take():
            logger.warning("a message was not taken: %s", because, extra={"event": "mqtt_refused"})


def _whole(payload: bytes) -> bytes:
    if len(payload) > PAYLOAD_MAX:
        raise NotTaken("the message is too large")
    return payload
