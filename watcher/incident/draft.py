"""Events being decided, each on the state that the former ones left; and the ways in which a page is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from watcher.incident import outbox as box
from watcher.incident.event import Event, Ladder, PageRequested, Purpose
from watcher.incident.state import Incident, evolve

Words = tuple[str, tuple[str, ...]]
"""A page's title and lines."""
STAKEHOLDERS = "stakeholders"
"""Whoever hears of an incident from outside: targets, no contacts."""


class Draft:
    """What one command adds to one incident, so far."""

    def __init__(self, state: Incident) -> None:
        self.before = state  # as the command found it
        self.state = state
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.state = evolve(self.state, event)

    def wake(
        self,
        purpose: Purpose,
        to: tuple[str, ...],
        words: Words,
        now: datetime,
        *,
        ladder: Ladder | None = None,
        rung: int | None = None,
        loudest: bool = False,
    ) -> None:
        """A page that rings."""
        title, lines = words
        self.add(
            PageRequested(
                at=now,
                kind="wake",
                purpose=purpose,
                to=to,
                title=title,
                lines=lines,
                ladder=ladder,
                rung=rung,
                loudest=loudest,
            )
        )

    def tell(
        self, purpose: Purpose, to: Iterable[str], words: Words, now: datetime, *, about: str = ""
    ) -> None:
        """A message that does not ring; to nobody, it is none."""
        title, lines = words
        named = tuple(to)
        if named:
            self.add(
                PageRequested(
                    at=now, kind="tell", purpose=purpose, to=named, title=title, lines=lines, about=about
                )
            )

    def publish(self, about: str, words: Words, now: datetime) -> None:
        """A message to the stakeholders."""
        title, lines = words
        self.add(
            PageRequested(
                at=now,
                kind="publish",
                purpose="update",
                to=(STAKEHOLDERS,),
                title=title,
                lines=lines,
                about=about,
            )
        )

    def paged(self, now: datetime) -> list[str]:
        """Whoever was paged, or may have been: a delivery that is due may be in flight at this moment."""
        outbox = self.state.outbox
        in_flight = {d.delivery.target for d in box.due(outbox, now) if d.request.kind == "wake"}
        return [f"@{target}" for target in sorted(outbox.reached | in_flight)]
