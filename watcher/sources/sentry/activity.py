"""From rows to signals: what an issue did in each window, and everything else that a rule may ask of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.signal import Activity, IssueSignal
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.latest import Candidate, Latest
from watcher.sources.sentry.row import Row, own_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One issue as a poll found it. `environment` is None where its latest event must tell."""

    key: str
    row: Row
    environment: str | None
    activity: tuple[Activity, ...]  # the shortest window first
    started_at: datetime | None

    @property
    def candidate(self) -> Candidate:
        events = max((row.events for row in self.activity), default=0)
        return Candidate(key=self.key, level=self.row.level, events=events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed:
    """The rows of one window, in one environment where the walk was narrowed to it. `whole`: nothing was left out."""

    window: timedelta
    environment: str | None
    rows: tuple[Row, ...]
    whole: bool


def windowed(walks: Sequence[Windowed]) -> tuple[Found, ...]:
    """Join the windows of each issue. Their counts are the server's own, so they replace and never add."""
    by_key: dict[str, list[tuple[Windowed, Row]]] = {}
    places = {walk.environment for walk in walks}
    for walk in sorted(walks, key=lambda walk: walk.window):
        for row in walk.rows:
            key = row.id if len(places) == 1 else f"{row.id}@{walk.environment or ''}"
            seen = by_key.setdefault(key, [])
            if all(other.window != walk.window for other, _ in seen):  # rows move between pages while we walk
                seen.append((walk, row))
    return tuple(_found(key, seen, walks) for key, seen in by_key.items())


def _found(key: str, seen: list[tuple[Windowed, Row]], walks: Sequence[Windowed]) -> Found:
    """A shorter window that was read whole and does not list the issue says that nothing happened in it."""
    shortest, row = seen[0]
    silent = {walk.window for walk in walks if walk.window < shortest.window}
    silent -= {walk.window for walk in walks if not walk.whole}
    counted = [
        Activity(window=walk.window, events=row.events, users_low=row.users, users_high=row.users)
        for walk, row in seen
    ]
    nothing = [Activity(window=window, events=0, users_low=0, users_high=0) for window in sorted(silent)]
    return Found(
        key=key,
        row=row,
        environment=shortest.environment or None,
        activity=(*nothing, *counted),
        started_at=row.first_seen,
    )


def counted(
    rows: Iterable[Row], counts: Mapping[str, Mapping[timedelta, int]], started: Mapping[str, datetime]
) -> tuple[Found, ...]:
    """Issues with something in a window, counted by differences: users are unknown there."""
    return tuple(
        Found(
            key=row.id,
            row=row,
            environment=None,
            activity=tuple(
                Activity(window=window, events=events, exact=False)
                for window, events in sorted(counts[row.id].items())
            ),
            started_at=started.get(row.id),
        )
        for row in {row.id: row for row in rows}.values()
        if any(counts[row.id].values())
    )


def signal(
    found: Found,
    latest: Latest | None,
    settings: SentrySettings,
    link: str,
    now: datetime,
    *,
    believed: Callable[[str], bool] = lambda _: True,
) -> IssueSignal:
    """The signal of one issue; `link` is where it is shown when its own link leads elsewhere.

    `believed`: whether the environment of the latest event alone may stand for that of all.
    """
    row = found.row
    started = found.started_at
    there = latest.environment if latest else None
    handled = latest.handled if latest is not None and latest.handled is not None else row.handled
    return IssueSignal(
        source=f"sentry:{settings.name}",
        key=found.key,
        at=now,
        started_at=min(started, now) if started else None,
        title=row.title or (latest.error_type if latest else "") or f"issue {row.id}",
        last_at=min(row.last_seen, now) if row.last_seen else None,
        error_type=row.error_type or (latest.error_type if latest else ""),
        value=row.value or (latest.value if latest else ""),
        message=latest.message if latest else "",
        culprit=row.culprit or (latest.culprit if latest else ""),
        url=latest.url if latest else "",
        permalink=row.permalink if own_link(row.permalink, settings.url) else link,
        level=row.level,
        logger=row.logger or (latest.logger if latest else ""),
        platform=row.platform,
        issue_category=row.category,
        project=row.project or row.project_id,
        system=settings.system_of(row.project_id),
        environment=found.environment or (there if there and believed(there) else None),
        release=latest.release if latest else None,
        handled=handled,
        tags=latest.tags if latest else None,
        activity=found.activity,
    )
