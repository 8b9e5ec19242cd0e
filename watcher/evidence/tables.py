"""Numbers and words out of answers from outside: read with suspicion, masked, bounded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from watcher.evidence.span import Span
from watcher.sources.sentry.row import mapping
from watcher.sources.sentry.table import EVENTS, USERS, number, rows_of
from watcher.sources.sentry.text import word

SESSIONS = "sum(session)"
GROUPS_MAX = 5
"""Groups kept of one tag: the largest are what a decision needs."""
LABEL_MAX = 60
FAILED = frozenset({"errored", "crashed", "abnormal", "unhandled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Release health in one span. `users` None: its sessions name nobody."""

    span: Span
    users: int | None
    by_status: Mapping[str, int] = field(default_factory=dict)

    @property
    def sessions(self) -> int:
        return sum(self.by_status.values())

    @property
    def failed(self) -> int:
        return sum(count for status, count in self.by_status.items() if status in FAILED)

    @property
    def error_rate(self) -> float | None:
        return self.failed / self.sessions if self.sessions else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Who met the incident's errors in one span. `users` None: unknown, as where no event names one."""

    users: int | None
    events: int


def met_of(body: Any) -> Met | None:
    """The one row of the whole incident; None where it cannot be read. Nobody in many events: they name no users."""
    rows = rows_of(body)
    users, events = (number(rows[0].get(name)) for name in (USERS, EVENTS)) if rows else (None, None)
    if events is None:
        return None
    return Met(users=users or None, events=events)


def health_of(users: Any, statuses: Any, span: Span) -> Health:
    """Release health from both its answers, either of which may be missing. No user at all: it counts none."""
    totals = [mapping(group.get("totals")) for group in _groups(users)]
    counted = number(totals[0].get(USERS)) if len(totals) == 1 else None
    by_status: dict[str, int] = {}
    for group in _groups(statuses):
        name = mapping(group.get("by")).get("session.status")
        count = number(mapping(group.get("totals")).get(SESSIONS))
        if isinstance(name, str) and count is not None and (name in FAILED or name == "healthy"):
            by_status[name] = count
    return Health(span=span, users=counted or None, by_status=by_status)


def _groups(body: Any) -> list[dict[str, Any]]:
    groups = mapping(body).get("groups")
    return [mapping(group) for group in groups] if isinstance(groups, list) else []


def groups_of(body: Any, tag: str, called: str) -> tuple[tuple[str, int], ...]:
    """Users by the values of one tag, the largest first; rows without the tag are left out."""
    found = [
        (label, users)
        for row in rows_of(body)
        if (label := word(row.get(tag), LABEL_MAX)) and (users := number(row.get(USERS)))
    ]
    largest = sorted(found, key=lambda pair: -pair[1])[:GROUPS_MAX]
    return tuple((f"{called} {label}", users) for label, users in largest)


def releases_of(body: Any) -> frozenset[str | None]:
    """The releases that the events of a table by release occur in; None stands for events that name none."""
    return frozenset(
        word(row.get("release"), LABEL_MAX) or None for row in rows_of(body) if number(row.get(EVENTS))
    )


def texts(values: Iterable[Any], limit: int = LABEL_MAX) -> tuple[str, ...]:
    """The words among the values, made safe, each once."""
    return tuple(dict.fromkeys(text for value in values if (text := word(value, limit))))
