"""What changed before the trouble: deploys and releases that Sentry knows, versions that health bodies name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.incident.deploys import goes_back
from watcher.incident.event import ChangeSeen
from watcher.incident.release import same, short
from watcher.sources.sentry.row import mapping, moment
from watcher.sources.sentry.text import word

VERSION_MAX = 100
COMMIT_MAX = 64
CHANGES_MAX = 5
"""The last ones decide; an incident holds few."""
BACK_AFTER = 3
"""Looks in a row that must name a version that ran before: while a deploy rolls, old and new answer in turn."""
FORMER_MAX = 10
GAP_MAX = timedelta(minutes=2)
"""Between the old version's last look and the new one's first: the errors of the new one may have come in between. After
a longer silence it is rather the repair that answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One release as Sentry lists it. `deployed_at` None: nobody told Sentry of a deploy here."""

    version: str  # as Sentry has it: "shop@2.41.1"
    deployed_at: datetime | None
    released_at: datetime | None
    first_seen: datetime | None
    commit: str | None
    deploys: int
    projects: tuple[str, ...]  # ids

    def at(self, *, by_deploys: bool) -> datetime | None:
        return self.deployed_at if by_deploys else self.released_at or self.first_seen


def read_releases(rows: Iterable[Any], environment: str | None) -> tuple[Released, ...]:
    """The releases of a list that can be read; a deploy counts in the asked environment alone."""
    found = (_release(mapping(row), environment) for row in rows)
    return tuple(release for release in found if release is not None)


def _release(row: dict[str, Any], environment: str | None) -> Released | None:
    version = word(row.get("version"), VERSION_MAX)
    if not version or version.endswith("…"):
        return None
    deploy, commit = mapping(row.get("lastDeploy")), mapping(row.get("lastCommit"))
    here = environment is None or deploy.get("environment") == environment
    projects, deploys = row.get("projects"), row.get("deployCount")
    return Released(
        version=version,
        deployed_at=moment(deploy.get("dateFinished")) if here else None,
        released_at=moment(row.get("dateReleased")),
        first_seen=moment(row.get("dateCreated")),
        commit=word(commit.get("id") or row.get("ref"), COMMIT_MAX) or None,
        deploys=deploys if isinstance(deploys, int) else 0,
        projects=tuple(str(mapping(p).get("id")) for p in projects) if isinstance(projects, list) else (),
    )


def with_deploys(release: Released, rows: Iterable[Any], environment: str | None) -> tuple[Released, ...]:
    """The release once for each of its deploys here."""
    moments = (
        moment(deploy.get("dateFinished"))
        for deploy in (mapping(row) for row in rows)
        if environment is None or deploy.get("environment") == environment
    )
    return tuple(replace(release, deployed_at=at) for at in moments if at is not None) or (release,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The incident as far as changes matter to it."""

    onset: datetime
    now: datetime
    window: timedelta
    releases: frozenset[str] = frozenset()  # that its first errors occurred in
    known: Sequence[ChangeSeen] = ()


def changes_of(
    releases: Sequence[Released], trouble: Trouble, *, source: str, system: Callable[[str], str | None]
) -> tuple[ChangeSeen, ...]:
    """The changes within the window before the trouble, and since; oldest first, none that is known already.

    1. Where Sentry is told of deploys, they count; else release dates do, said so. 2. What ran before is the release
    that came before, of the same projects. 3. A release that the first errors name was out when they came, whatever
    its date says: an unannounced one is dated by its first event.
    """
    by_deploys = any(release.deployed_at is not None for release in releases)
    told_by = source if by_deploys else f"{source}, by release date"
    ordered = sorted(
        ((at, release) for release in releases if (at := release.at(by_deploys=by_deploys)) is not None),
        key=lambda pair: pair[0],
    )
    found = [
        _change(at, release, _before(ordered[:place], release), trouble, told_by, system)
        for place, (at, release) in enumerate(ordered)
        if trouble.onset - trouble.window <= at <= trouble.now
    ]
    latest = {change.version: change for change in found}  # deployed twice: the last time counts
    fresh = (_merged(change, trouble.known) for change in latest.values())
    return tuple(change for change in fresh if change is not None)[-CHANGES_MAX:]


def nothing_deployed(releases: Sequence[Released], trouble: Trouble) -> bool:
    """Whether nothing went out within the window, as far as that can be told.

    Sentry must be told of deploys here, also of those of the releases that the errors name.
    """
    deployed = [(one.version, one.deployed_at) for one in releases if one.deployed_at is not None]
    told = all(any(same(version, erring) for version, _ in deployed) for erring in trouble.releases)
    return bool(deployed) and told and all(at < trouble.onset - trouble.window for _, at in deployed)


def _before(earlier: Sequence[tuple[datetime, Released]], release: Released) -> str | None:
    same_place = (one for _, one in reversed(earlier) if one.projects == release.projects)
    return next((one.version for one in same_place if one.version != release.version), None)


def _change(
    at: datetime,
    release: Released,
    previous: str | None,
    trouble: Trouble,
    told_by: str,
    system: Callable[[str], str | None],
) -> ChangeSeen:
    out = any(same(release.version, erring) for erring in trouble.releases)
    systems = {system(project) for project in release.projects}
    return ChangeSeen(
        at=trouble.now,
        version=short(release.version),
        previous=short(previous) if previous else None,
        system=systems.pop() if len(systems) == 1 else None,
        deployed_at=min(at, trouble.onset) if out else at,
        told_by=told_by,
        commit=release.commit,
    )


def _merged(change: ChangeSeen, known: Sequence[ChangeSeen]) -> ChangeSeen | None:
    """What another told already keeps its time and place; None where nothing is new."""
    told = next((one for one in known if same(one.version, change.version)), None)
    if told is None or goes_back(told, change, known):
        return change
    news = {
        name: getattr(change, name)
        for name in ("previous", "commit")
        if getattr(told, name) is None and getattr(change, name) is not None
    }
    return told.model_copy(update=news) if news else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The version that one health body names, and what it named before."""

    version: str
    seen_at: datetime  # when it was last named
    former: tuple[str, ...] = ()  # newest first
    other: str | None = None  # a former one that answers again
    looks: int = 0  # so often in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another version answers. `at` is the earliest that it can have gone out, unless nothing was seen for long."""

    version: str
    previous: str
    at: datetime


def look(running: Running | None, version: str | None, now: datetime) -> tuple[Running | None, Change | None]:
    """What runs after one more look, and the change that it shows. The first version is none; silence says nothing."""
    named = word(version, VERSION_MAX) if version else ""
    if not named:
        return running, None
    if running is None:
        return Running(version=named, seen_at=now), None
    if named == running.version:
        return replace(running, seen_at=now, other=None, looks=0), None
    looks = running.looks + 1 if running.other == named else 1
    if named in running.former and looks < BACK_AFTER:
        return replace(running, other=named, looks=looks), None
    former = (running.version, *(one for one in running.former if one not in (named, running.version)))
    at = running.seen_at if now - running.seen_at <= GAP_MAX else now
    changed = Running(version=named, seen_at=now, former=former[:FORMER_MAX])
    return changed, Change(version=named, previous=running.version, at=at)
