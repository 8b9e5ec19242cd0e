"""Who is meant by a role, and on which targets: the configuration as the ladders read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from watcher.config import Config
from watcher.incident.draft import STAKEHOLDERS
from watcher.incident.event import PageRequested
from watcher.incident.overrides import Overrides
from watcher.incident.record import Delivery
from watcher.incident.surroundings import Overridden
from watcher.oncall.override import Override
from watcher.oncall.plan import Plan
from watcher.oncall.shift import Shift
from watcher.settings.oncall import OnCall
from watcher.settings.target import Target

ANY = datetime(2026, 1, 1, tzinfo=UTC)
"""Whose targets ring is asked of any moment."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Resolves roles to contacts to targets, at the moment when a page is requested.

    `shifts` are what the calendar says, as it was last read.
    """

    config: Config
    shifts: tuple[Shift, ...] = ()

    def plan(self, arranged: Overrides | None = None) -> Plan:
        """Who is on call, by the list, the calendar, and what people have arranged."""
        shifts = self.shifts if self.config.on_call.ical is not None else ()
        contacts = {name: contact.role for name, contact in self.config.contacts.items()}
        return planned(self.config.on_call, contacts, shifts, arranged)

    def deliveries(self, page: PageRequested, plan: Plan | None = None) -> tuple[Delivery, ...]:
        """The targets of a page, each once, in the order in which they were named."""
        found = list(self._all(page, plan or self.plan()))
        if page.loudest:
            found = [d for d in found if d.wakes] or found
        first: dict[str, Delivery] = {}
        for delivery in found:
            first.setdefault(delivery.target, delivery)
        return tuple(first.values())

    def ringing(self, who: str) -> list[str]:
        """The targets of a contact or role that a page makes ring, at any moment."""
        page = PageRequested(at=ANY, kind="wake", purpose="rung", to=(who,), title="", lines=())
        return [delivery.target for delivery in self.deliveries(page) if delivery.wakes]

    def _all(self, page: PageRequested, plan: Plan) -> Iterator[Delivery]:
        for who in page.to:
            if who.startswith("@"):
                yield self._delivery(who[1:], None)
                continue
            if who == STAKEHOLDERS:
                yield from (self._delivery(target, None) for target in self.config.stakeholders.targets)
                continue
            for contact in self._contacts(who, plan, page.at):
                for target in self.config.contacts[contact].targets:
                    if page.kind in self.config.targets[target].for_:
                        yield self._delivery(target, contact)

    def _contacts(self, who: str, plan: Plan, now: datetime) -> list[str]:
        """The contacts behind a role; a role that nobody carries falls to the on-call, so that no rung is empty."""
        if who == "everyone":
            return list(self.config.contacts)
        if who in self.config.contacts:
            return [who]
        on_call = plan.person(now)
        if who == "on-call":
            return [on_call]
        carriers = [name for name, contact in self.config.contacts.items() if contact.role == who]
        if who == "backup":
            return [name for name in carriers if name != on_call] or [plan.backup(now) or on_call]
        return carriers or [on_call]

    def _delivery(self, target: str, contact: str | None) -> Delivery:
        known: Target | None = self.config.targets.get(target)
        if known is None:
            return Delivery(target=target, contact=contact)
        return Delivery(target=target, contact=contact, wakes=known.wakes, fallback=known.fallback)


def planned(
    on_call: OnCall,
    contacts: Mapping[str, str | None],
    shifts: tuple[Shift, ...],
    arranged: Overrides | None,
) -> Plan:
    """Who is on call, among the contacts; each with its role, if it has one."""
    return Plan(
        default=on_call.default,
        known=frozenset(contacts),
        rotations=on_call.rotations,
        shifts=shifts,
        overrides=tuple(map(_override, arranged.active.values())) if arranged is not None else (),
        backups=tuple(name for name, role in contacts.items() if role == "backup"),
    )


def _override(arranged: Overridden) -> Override:
    return Override(
        number=arranged.override,
        person=arranged.person,
        begins=arranged.begins,
        ends=arranged.until,
    )
