"""The simulated tracker's answers, in the shapes of Sentry's web API. Pure: rows in, JSON values out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from watcher.demo.parameters import Window
from watcher.demo.tracker import (
    Commit,
    Counts,
    Deploy,
    Issue,
    Occurrence,
    Project,
    Release,
    State,
    buckets,
    count,
)

SPARKLINES = {"24h": (timedelta(hours=24), 24), "14d": (timedelta(days=14), 14)}
AUTO_BUCKETS = 29


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 with Z, microseconds only where there are any."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def issue_row(
    issue: Issue,
    *,
    base: str,
    windowed: Counts,
    lifetime: Counts,
    filtered: Counts | None,
    stats: dict[str, Any],
    collapse: Sequence[str] = (),
) -> dict[str, Any]:
    """One row of the organization's issue list; `stats` holds the sparkline, or nothing."""
    row = _identity(issue, base) | _seen(windowed) | {"isUnhandled": not issue.handled}
    if stats and "stats" not in collapse:
        row |= {"stats": stats}
    if "stats" not in collapse and "lifetime" not in collapse:
        row |= {"lifetime": _seen(lifetime) | {"stats": None}}
    if "stats" not in collapse and "filtered" not in collapse:
        row |= {"filtered": None if filtered is None else _seen(filtered) | {"stats": stats}}
    if "unhandled" in collapse:
        del row["isUnhandled"]
    return row


def _identity(issue: Issue, base: str) -> dict[str, Any]:
    return {
        "id": issue.id,
        "shareId": None,
        "shortId": issue.short_id,
        "title": issue.title,
        "culprit": issue.culprit,
        "permalink": f"{base}/issues/{issue.id}/",
        "logger": None,
        "level": issue.level,
        "status": issue.status,
        "statusDetails": {},
        "substatus": issue.substatus,
        "priority": issue.priority,
        "priorityLockedAt": None,
        "isPublic": False,
        "platform": issue.project.platform,
        "project": project_part(issue.project),
        "type": kind(issue),
        "issueType": "error",
        "issueCategory": issue.category,
        "metadata": metadata(issue),
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
    }


def kind(issue: Issue) -> str:
    return "error" if issue.error_type else "default"


def metadata(issue: Issue) -> dict[str, Any]:
    if not issue.error_type:
        return {"title": issue.title, "initial_priority": 75}
    return {
        "type": issue.error_type,
        "value": issue.value,
        "filename": "shop/app.py",
        "function": "handle",
        "in_app_frame_mix": "in-app-only",
        "initial_priority": 75,
    }


def _seen(counts: Counts) -> dict[str, Any]:
    return {
        "count": str(counts.events),
        "userCount": counts.users,
        "firstSeen": stamp(counts.first),
        "lastSeen": stamp(counts.last),
    }


def project_part(project: Project) -> dict[str, Any]:
    return {"id": project.id, "name": project.name, "slug": project.slug, "platform": project.platform}


def sparkline(
    period: str, occurrences: Sequence[Occurrence], window: Window, now: datetime
) -> dict[str, Any]:
    """`stats` of a row: one key named after the period; empty where none is wanted."""
    if not period:
        return {}
    span, number = SPARKLINES.get(period, (window.until - window.since, AUTO_BUCKETS))
    until = now if period in SPARKLINES else window.until
    return {period: buckets(occurrences, since=until - span, until=until, number=number)}


def event_body(issue: Issue, event: Occurrence, release: Release | None) -> dict[str, Any]:
    """One whole event, as `.../events/latest/` answers it."""
    identity = issue.event_id(event)
    return {
        "id": identity,
        "eventID": identity,
        "groupID": issue.id,
        "projectID": issue.project.id,
        "message": issue.message,
        "title": issue.title,
        "platform": issue.project.platform,
        "type": kind(issue),
        "culprit": issue.culprit,
        "metadata": metadata(issue),
        "dateCreated": stamp(event.at),
        "dateReceived": stamp(event.at + timedelta(milliseconds=400)),
        "user": _user(event.user),
        "tags": event_tags(issue, event),
        "entries": entries(issue),
        "contexts": {"runtime": {"name": "CPython", "version": "3.12.1", "type": "runtime"}},
        "sdk": {"name": "sentry.python.starlette", "version": "2.75.0"},
        "packages": {},
        "errors": [],
        "fingerprints": [identity],
        "release": None if release is None else _event_release(release),
        "nextEventID": None,
        "previousEventID": None,
    }


def _user(user: str | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "id": user,
        "email": None,
        "username": None,
        "ip_address": "10.0.0.7",
        "name": None,
        "geo": None,
        "data": {},
    }


def event_tags(issue: Issue, event: Occurrence) -> list[dict[str, str]]:
    """Sorted {key, value} pairs; the user's carries the search that finds it again."""
    tags = {
        "environment": event.environment,
        "level": issue.level,
        "handled": "yes" if issue.handled else "no",
    }
    tags |= {"release": event.release} if event.release else {}
    tags |= {"url": issue.url} if issue.url else {}
    rows = [
        {"key": key, "value": value}
        for key, value in sorted((tags | dict(issue.tags) | dict(event.tags)).items())
    ]
    if event.user is not None:
        rows.append({"key": "user", "value": f"id:{event.user}", "query": f'user.id:"{event.user}"'})
    return rows


def entries(issue: Issue) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [_exception(issue)] if issue.error_type else []
    if issue.message:
        found.append({"type": "message", "data": {"formatted": issue.message}})
    if issue.url:
        request: dict[str, Any] = {
            "method": "POST",
            "url": issue.url,
            "query": [],
            "headers": [],
            "inferredContentType": None,
        }
        found.append({"type": "request", "data": request})
    return [*found, {"type": "breadcrumbs", "data": {"values": []}}]


def _exception(issue: Issue) -> dict[str, Any]:
    frame = {
        "filename": "shop/app.py",
        "absPath": "/srv/shop/app.py",
        "module": "shop.app",
        "function": "handle",
        "lineNo": 41,
        "colNo": None,
        "inApp": True,
        "context": [[41, "    return answer(request)"]],
        "vars": {},
    }
    value = {
        "type": issue.error_type,
        "value": issue.value,
        "module": "shop.app",
        "mechanism": {"type": "starlette", "handled": issue.handled},
        "stacktrace": {"frames": [frame]},
    }
    return {"type": "exception", "data": {"values": [value]}}


def _event_release(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "shortVersion": release.short,
        "dateCreated": stamp(release.created_at),
        "dateReleased": stamp(release.released_at),
        "newGroups": 0,
        "commitCount": len(release.commits),
        "lastCommit": commit_row(release.commits[0]) if release.commits else None,
        "deployCount": len(release.deploys),
        "lastDeploy": deploy_row(release.last_deploy) if release.last_deploy else None,
    }


def commit_row(commit: Commit) -> dict[str, Any]:
    author = {"name": commit.author, "email": f"{commit.author.lower()}@acme.test"}
    return {"id": commit.id, "message": commit.message, "dateCreated": stamp(commit.at), "author": author}


def deploy_row(deploy: Deploy) -> dict[str, Any]:
    return {
        "id": deploy.id,
        "environment": deploy.environment,
        "dateStarted": None,
        "dateFinished": stamp(deploy.finished_at),
        "name": deploy.name,
        "url": None,
    }


def release_row(release: Release, state: State) -> dict[str, Any]:
    """One row of the release list. Ids are integers here, strings elsewhere: as Sentry has it."""
    seen = count(
        event for issue in state.issues for event in issue.occurrences if event.release == release.version
    )
    package, _, version = release.version.rpartition("@")
    return _event_release(release) | {
        "id": release.id,
        "status": "open",
        "ref": None,
        "url": None,
        "dateStarted": None,
        "firstEvent": stamp(seen.first),
        "lastEvent": stamp(seen.last),
        "authors": [],
        "projects": [_release_project(project) for project in release.projects],
        "versionInfo": {
            "package": package or None,
            "version": {"raw": version},
            "description": version,
            "buildHash": None,
        },
        "data": {},
        "owner": None,
        "userAgent": None,
        "currentProjectMeta": {},
    }


def _release_project(project: Project) -> dict[str, Any]:
    own = {"newGroups": 0, "platforms": [project.platform], "hasHealthData": False}
    return project_part(project) | {"id": int(project.id)} | own
