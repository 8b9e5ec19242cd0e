"""Who is meant by a role, and on which targets: the configuration as the ladders read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watcher.config import Config, Target
from watcher.incident.event import PageRequested
from watcher.incident.record import Delivery

STAKEHOLDERS = "stakeholders"
"""Whoever hears of an incident from outside: targets, no contacts."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Resolves roles to contacts to targets, at the moment when a page is requested."""

    config: Config

    def deliveries(self, page: PageRequested) -> tuple[Delivery, ...]:
        """The targets of a page, each once, in the order in which they were named."""
        found = list(self._all(page))
        if page.loudest:
            found = [d for d in found if d.wakes] or found
        first: dict[str, Delivery] = {}
        for delivery in found:
            first.setdefault(delivery.target, delivery)
        return tuple(first.values())

    def _all(self, page: PageRequested) -> Iterator[Delivery]:
        for who in page.to:
            if who.startswith("@"):
                yield self._delivery(who[1:], None)
                continue
            if who == STAKEHOLDERS:
                yield from (self._delivery(target, None) for target in self.config.stakeholders.targets)
                continue
            for contact in self._contacts(who):
                for target in self.config.contacts[contact].targets:
                    if page.kind in self.config.targets[target].for_:
                        yield self._delivery(target, contact)

    def _contacts(self, who: str) -> list[str]:
        """The contacts behind a role; a role that nobody carries falls to the on-call, so that no rung is empty."""
        on_call = [self.config.on_call.default]
        if who == "everyone":
            return list(self.config.contacts)
        if who in self.config.contacts:
            return [who]
        carriers = [name for name, contact in self.config.contacts.items() if contact.role == who]
        return carriers or on_call

    def _delivery(self, target: str, contact: str | None) -> Delivery:
        known: Target | None = self.config.targets.get(target)
        if known is None:
            return Delivery(target=target, contact=contact)
        return Delivery(target=target, contact=contact, wakes=known.wakes, fallback=known.fallback)
