"""What many tests need: moments, signs, a policy, and a dialogue with one incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notifiers.page import Receipt
from watcher.incident import command as ask
from watcher.incident import decide as core
from watcher.incident.event import ChangeSeen, Event, Opened, PageRequested
from watcher.incident.record import Delivery, Policy, Rung, Sign
from watcher.incident.responding import CheckpointMet, CheckpointMissed
from watcher.incident.state import Incident, begin, evolve

T0 = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

DELIVERIES = {
    "on-call": (
        Delivery(target="chat", contact="ann"),
        Delivery(target="ann-phone", contact="ann", wakes=True, fallback="chat-2"),
    ),
    "backup": (Delivery(target="bob-phone", contact="bob", wakes=True),),
    "cto": (Delivery(target="cara-phone", contact="cara", wakes=True),),
    "everyone": (
        Delivery(target="ann-phone", contact="ann", wakes=True),
        Delivery(target="bob-phone", contact="bob", wakes=True),
        Delivery(target="cara-phone", contact="cara", wakes=True),
    ),
}

ACCEPTED = Receipt(outcome="accepted")


def minutes(text: str) -> timedelta:
    """A span from "9:59" (minutes and seconds)."""
    whole, _, seconds = text.partition(":")
    return timedelta(minutes=int(whole), seconds=int(seconds or 0))


def policy(**changes: object) -> Policy:
    """The policy that the protocol settles."""
    settled = Policy(
        unacknowledged=(
            Rung(after=timedelta(0), page=("on-call",), repeat=timedelta(minutes=3)),
            Rung(after=timedelta(minutes=10), page=("backup",)),
        ),
        unmitigated=(
            Rung(after=timedelta(minutes=30), page=("cto",)),
            Rung(after=timedelta(minutes=60), page=("everyone",)),
        ),
        acknowledgement_expires=timedelta(minutes=30),
        clean_for=timedelta(minutes=5),
        watch_for=timedelta(hours=2),
    )
    return settled.model_copy(update=changes)


def sign(key: str = "1", at: datetime = T0, **changes: object) -> Sign:
    """A failing sign-in."""
    plain = Sign(
        source="sentry:shop",
        key=key,
        title="CallbackRouteError: sign in failed",
        category="authentication",
        rule="authentication.sign-in",
        because=("40 users met sign-in errors within 5m",),
        system="web",
        seen_at=at,
        users=40,
        window=timedelta(minutes=5),
    )
    return plain.model_copy(update=changes)


def change(
    version: str = "2.41.1", before: timedelta = timedelta(minutes=9), **changes: object
) -> ChangeSeen:
    """A deploy shortly before the trouble."""
    plain = ChangeSeen(
        at=T0, version=version, previous="2.41.0", deployed_at=T0 - before, told_by="api", migration=False
    )
    return plain.model_copy(update=changes)


class Dialogue:
    """Commands in, facts out, with time as an argument: reads as a conversation with one incident."""

    def __init__(
        self, *signs: Sign, changes: tuple[ChangeSeen, ...] = (), policy_: Policy | None = None
    ) -> None:
        command = ask.Open(
            signs=signs or (sign(),),
            environment="production",
            group="environment=production",
            rulebook="0" * 64,
            policy=policy_ or policy(),
            service="shop",
            changes=changes,
            deploys_told=bool(changes),
        )
        self.now = T0
        self.log: list[Event] = []
        self.state: Incident | None = None
        self.said = self._keep(core.open_incident(7, command, T0))

    def at(self, moment: str) -> Dialogue:
        """Let time pass until then, turn by turn, as the deadlines ask."""
        until, said = T0 + minutes(moment), []
        assert self.state is not None
        while (due := core.deadline(self.state)) is not None and due <= until:
            self.now = max(self.now, due)
            before = len(self.log)
            said += self._keep(core.decide(self.state, ask.Tick(), self.now))
            if len(self.log) == before:  # only deliveries wait: nothing that time itself decides
                break
        self.now = until
        self.said = said + self._keep(core.decide(self.state, ask.Tick(), until))
        return self

    def hears(self, command: object) -> Dialogue:
        assert self.state is not None
        self.said = self._keep(core.decide(self.state, command, self.now))
        return self

    def accepts(self, *targets: str) -> Dialogue:
        """The newest page is taken by these targets (all where none is named)."""
        assert self.state is not None
        page = max(self.state.outbox.pages)
        for target in targets or tuple(self.state.outbox.pages[page].attempts):
            self.hears(ask.Record(page=page, target=target, attempt=1, receipt=ACCEPTED))
        return self

    def expect(self, *kinds: type[Event]) -> Dialogue:
        """What was said, but for what the protocol's clock says by itself where it is not asked about."""
        said = self.said if CLOCK & set(kinds) else [e for e in self.said if not _ticks(e)]
        assert [type(e).__name__ for e in said] == [k.__name__ for k in kinds]
        return self

    @property
    def pages(self) -> list[PageRequested]:
        """The pages, without the reminders of the protocol's clock."""
        return [e for e in self.log if isinstance(e, PageRequested) and not _ticks(e)]

    def _keep(self, events: list[Event]) -> list[Event]:
        addressed = [_address(e) for e in events]
        for event in addressed:
            self.log.append(event)
            if self.state is None:
                assert isinstance(event, Opened)
                self.state = begin(7, event)
            else:
                self.state = evolve(self.state, event)
        return addressed


CLOCK: frozenset[type[Event]] = frozenset({CheckpointMet, CheckpointMissed})


def _ticks(event: Event) -> bool:
    """The protocol's clock: a checkpoint, or the word before it lapses."""
    return type(event) in CLOCK or (isinstance(event, PageRequested) and event.purpose == "checkpoint")


def _address(event: Event) -> Event:
    if not isinstance(event, PageRequested):
        return event
    found = [
        d
        for who in event.to
        for d in (DELIVERIES.get(who) or (Delivery(target=who.lstrip("@")),))
        if d.wakes or not event.loudest
    ]
    return event.model_copy(update={"deliveries": tuple({d.target: d for d in found}.values())})
