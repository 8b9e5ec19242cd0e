"""What the token can see: projects and environments. An empty issue list alone cannot tell "all is well" from "access lost"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.observation import BlindReason
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.row import WORD_MAX, BadRow, identity, mapping
from watcher.sources.sentry.text import word

SURVEY_EVERY = timedelta(minutes=10)
SURVEY_AGAIN_AFTER = timedelta(minutes=1)
"""A list that falls empty is reason enough to look, but not at every poll."""
WALKED_APART_MAX = 4
"""So many environments are each walked by themselves, which tells exactly where an issue happens."""

WITHOUT: frozenset[BlindReason] = frozenset(
    {"auth", "not_found", "client_error", "not_json", "server_error", "too_large"}
)
"""Reasons for which we go on without a survey: the token may lack this scope, the server this list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Visible projects by id (None: it cannot be told), and the environments that exist."""

    at: datetime
    projects: dict[str, str] | None
    environments: tuple[str, ...]

    def missing(self, settings: SentrySettings) -> tuple[str, ...]:
        """Watched projects that the token cannot see."""
        if self.projects is None:
            return ()
        if not settings.projects:
            return () if self.projects else ("any project",)
        return tuple(str(row.id) for row in settings.projects if str(row.id) not in self.projects)

    def apart(self, settings: SentrySettings) -> tuple[str, ...]:
        """The environments to walk one by one: those configured, or all where they are few; none: all in one walk."""
        if settings.environments:
            return settings.environments
        return self.environments if 1 < len(self.environments) <= WALKED_APART_MAX else ()


def access_lost(missing: tuple[str, ...]) -> Failure:
    named = ", ".join(missing[:5])
    detail = (
        f"the token no longer sees {named}"
        if missing == ("any project",)
        else f"the token does not see project {named}"
    )
    return Failure("access_lost", f"{detail}: an empty list would mean nothing")


async def survey(
    client: SentryClient, settings: SentrySettings, now: datetime, *, environments: bool
) -> Survey:
    """Ask for both lists. Raises Failure where the server cannot be reached or asks us to wait."""
    projects = await _projects(client, settings)
    places = await _environments(client, settings) if environments else ()
    return Survey(at=now, projects=projects, environments=places)


async def _projects(client: SentryClient, settings: SentrySettings) -> dict[str, str] | None:
    rows = await _list(client, f"/api/0/organizations/{settings.organization}/projects/")
    if rows is None:
        return None
    found = {}
    for row in (mapping(row) for row in rows):
        if row.get("hasAccess") is not False:
            try:
                found[identity(row.get("id"))] = word(row.get("slug"), WORD_MAX)
            except BadRow:
                return None  # a list that we cannot read proves no absence
    return found


async def _environments(client: SentryClient, settings: SentrySettings) -> tuple[str, ...]:
    rows = await _list(client, f"/api/0/organizations/{settings.organization}/environments/")
    names = [row.get("name") for row in (mapping(row) for row in rows or ())]
    return tuple(
        name for name in names if isinstance(name, str) and len(name) <= WORD_MAX and name.isprintable()
    )


async def _list(client: SentryClient, path: str) -> list[object] | None:
    """The whole list; None where it cannot be read to its end."""
    try:
        walked = await client.walk(path)
    except Failure as failure:
        if failure.reason in WITHOUT:
            return None
        raise
    return None if walked.cut else walked.rows
