"""The rounds: after each turn the audit, and what follows from it put to the daemon's own stream.

1. A complaint shows at once in the daemon's health and metrics; it is told when it has lasted for a while.
2. When it goes on, the daemon's stream wakes somebody. Where even that page is not taken, it is said once more straight
   through the senders, past the lanes and the log that may be what is broken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from notifiers.page import Page, Receipt
from watcher.care import expectations
from watcher.care.audit import Circumstances, Complaint, Look, audit, deliveries_due
from watcher.clock import Clock
from watcher.config import Config
from watcher.engine import HEARTBEAT, TURN_MAX
from watcher.inbox import Committed
from watcher.incident.event import Event
from watcher.incident.life import Daemon
from watcher.incident.outbox import Outbox
from watcher.incident.state import Incident
from watcher.incident.tending import FailAudit, NoteDrill, NoteWeakness, PassAudit, PlanCare
from watcher.oncall.plan import Plan

logger = logging.getLogger(__name__)

AUDIT_EVERY = timedelta(seconds=1)
"""A storm turns a hundred times a second; an audit of all that is live costs as much as a turn."""
LASTING = timedelta(minutes=1)
"""A complaint is told, and taken back, when it has lasted so long."""
STALE_AFTER = 2 * HEARTBEAT
NOTE_EVERY = timedelta(hours=1)
SAID_AFTER = timedelta(minutes=2)
"""A page about ourselves that nobody took by then goes straight to the senders."""

Standing = Literal["well", "ill", "waiting"]
Ask = Callable[[str, object], Awaitable[list[Event]]]
Say = Callable[[Page], Awaitable[list[Receipt]]]


class Rounds:
    """Follows the engine. `turned` is quick and never raises; `run` puts to the stream what lasted."""

    def __init__(
        self,
        clock: Clock,
        ask: Ask,
        *,
        looked: Mapping[str, datetime],
        waiting: Callable[[], int],
        taken_at: Callable[[], Mapping[str, datetime]],
        on_call: Callable[[], Plan],
        say: Say,
        audited: Callable[[bool], None],
    ) -> None:
        self.complaints: tuple[Complaint, ...] = ()
        self._clock = clock
        self._ask = ask
        self._looked = looked
        self._waiting = waiting
        self._taken_at = taken_at
        self._on_call = on_call
        self._say = say
        self._audited = audited
        self._streams: Mapping[str, Any] = {}
        self._since: datetime | None = None  # the first turn of this life
        self._audited_at: datetime | None = None
        self._again_at: datetime | None = None  # a turn came too soon after the last audit
        self._changed_at: datetime | None = None  # when it last became well or ill
        self._known: dict[str, datetime] = {}  # sources, since when they are ours
        self._due_since: dict[Any, datetime] = {}
        self._crowded_since: datetime | None = None
        self._reported: tuple[frozenset[str], datetime] | None = None
        self._drills: dict[int, NoteDrill] = {}  # answered, and not in the stream yet
        self._said_for: datetime | None = None
        self._noted_at: datetime | None = None
        self._planned: PlanCare | None = None
        self._stirred = asyncio.Event()

    def govern(self, config: Config) -> None:
        """What is configured now."""
        now = self._clock.now()
        self._config = config
        self._patience = expectations.patience(config)
        self._known = {name: self._known.get(name, now) for name in self._patience}
        self._stirred.set()

    @property
    def ok(self) -> bool:
        return not self.complaints

    def standing(self) -> Standing:
        """Whether all is well: audited a short while ago, and each source has looked or is said to be blind."""
        now = self._clock.now()
        if self.complaints or (self._audited_at is not None and now - self._audited_at > STALE_AFTER):
            return "ill"
        looks = (n in self._looked or self._blind(n) for n in self._patience)
        return "well" if self._audited_at is not None and all(looks) else "waiting"

    def _blind(self, source: str) -> bool:
        eye = self._streams.get(f"source/{source}")
        return eye is not None and eye.blind_since is not None

    def turned(self, committed: Committed) -> None:
        """After each turn; what comes within a second of the last audit is looked at when that second is over."""
        now, self._streams = committed.now, committed.streams
        self._see_drills(committed)
        self._stirred.set()
        if self._since is None:  # the start itself: what is due was due while nobody watched
            self._since = now
        elif self._audited_at is not None and now - self._audited_at < AUDIT_EVERY:
            self._again_at = self._audited_at + AUDIT_EVERY
        else:
            self._look(now, self._since)

    def _look(self, now: datetime, since: datetime) -> None:
        self._audited_at, self._again_at, before = now, None, self.ok
        self.complaints = self._audit(now, since)
        self._audited(self.ok)
        if self.ok != before or self._changed_at is None:
            self._changed_at = now
            self._log()

    def _see_drills(self, committed: Committed) -> None:
        """A drill may be over, and out of memory, before the next report."""
        streams = committed.streams if self._since is None else {row.stream for row in committed.rows}
        for stream in streams:
            state = committed.streams.get(stream)
            if isinstance(state, Incident) and state.opened.drill and state.acknowledged_at is not None:
                took = state.acknowledged_at - state.opened.at
                by = state.acknowledged_by or "somebody"
                self._drills.setdefault(state.number, NoteDrill(incident=state.number, by=by, took=took))

    def _audit(self, now: datetime, since: datetime) -> tuple[Complaint, ...]:
        try:
            due = deliveries_due(self._streams, now)
            self._due_since = {delivery: self._due_since.get(delivery, now) for delivery in due}
            crowded = self._waiting() > TURN_MAX
            self._crowded_since = (self._crowded_since or now) if crowded else None
            return audit(self._streams, now, self._around(since))
        except Exception as error:
            logger.exception("the audit failed", extra={"event": "audit_broken"})
            return (Complaint(promise="audit", text=f"the audit itself failed: {type(error).__name__}"),)

    def _around(self, since: datetime) -> Circumstances:
        looks = tuple(
            Look(name=name, since=self._known[name], looked_at=self._looked.get(name), patience=patience)
            for name, patience in self._patience.items()
        )
        return Circumstances(
            since=since, due_since=self._due_since, looks=looks, crowded_since=self._crowded_since
        )

    def _log(self) -> None:
        for complaint in self.complaints:
            extra = {"event": "audit_failed", "promise": complaint.promise}
            logger.error("the audit complains: %s", complaint.text, extra=extra)
        if self.ok:
            logger.info("the audit passes", extra={"event": "audit_passed"})

    async def run(self) -> None:
        """Put to the daemon's stream what the rounds found."""
        while True:
            await self._clock.wait(self._again_at, self._stirred)
            self._stirred.clear()
            now, daemon = self._clock.now(), self._streams.get("daemon")
            if self._again_at is not None and self._since is not None and self._again_at <= now:
                self._look(now, self._since)
            if isinstance(daemon, Daemon):
                await self._report(daemon, now)

    async def _report(self, daemon: Daemon, now: datetime) -> None:
        plan = expectations.plan(self._config)
        if plan != self._planned:
            await self._ask("daemon", plan)
            self._planned = plan
        await self._report_audit(daemon, now)
        await self._say_it(daemon, now)
        await self._note_drills()
        if self._noted_at is None or now - self._noted_at >= NOTE_EVERY:
            self._noted_at = now
            await self._note(daemon, now)

    async def _report_audit(self, daemon: Daemon, now: datetime) -> None:
        if self._changed_at is None or now - self._changed_at < LASTING:
            return
        if self.ok:
            self._reported = None
            if daemon.illness is not None:
                await self._ask("daemon", PassAudit())
            return
        texts = tuple(complaint.text for complaint in self.complaints)
        if self._reported is not None:
            known, at = self._reported
            if known >= set(texts) or now - at < LASTING:
                return
        self._reported = frozenset(texts), now
        await self._ask("daemon", FailAudit(complaints=texts, also=expectations.stand_ins(self._config)))

    async def _say_it(self, daemon: Daemon, now: datetime) -> None:
        """The page about ourselves was taken by nobody: once for each, straight through the senders."""
        ill = daemon.illness
        if ill is None or ill.woke_at is None or ill.woke_at == self._said_for:
            return
        if now - ill.woke_at < SAID_AFTER or _taken(daemon.outbox, ill.woke_at):
            return
        self._said_for = ill.woke_at
        title = f"{daemon.service}: the watcher is not well, and its own page about it was not taken"
        receipts = await self._say(Page(id="last-resort", kind="wake", title=title, lines=ill.complaints[:5]))
        accepted = sum(1 for receipt in receipts if receipt.outcome == "accepted")
        logger.critical("said straight: %d accepted", accepted, extra={"event": "said_straight"})

    async def _note_drills(self) -> None:
        while self._drills:
            number = min(self._drills)
            await self._ask("daemon", self._drills[number])
            del self._drills[number]

    async def _note(self, daemon: Daemon, now: datetime) -> None:
        began = daemon.began_at or now
        findings = expectations.weaknesses(self._config, began, self._taken_at(), now, self._on_call())
        if findings:
            await self._ask("daemon", NoteWeakness(findings=findings))


def _taken(outbox: Outbox, since: datetime) -> bool:
    """Whether a target that wakes took a page about ourselves."""
    pages = (o for o in outbox.pages.values() if o.request.purpose == "audit" and o.request.kind == "wake")
    return any(a.accepted for o in pages if o.request.at >= since for a in o.attempts.values())
