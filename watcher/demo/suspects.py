"""The simulated tracker's commits: those of a release, and those that it suspects behind an event."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from watcher.demo.asked import Asked
from watcher.demo.parameters import Refused
from watcher.demo.rows import commit_row
from watcher.demo.tracker import Commit


def release_commit(commit: Commit) -> dict[str, Any]:
    """One row of a release's commits."""
    repository = {"id": "1", "name": "acme/shop", "provider": {"id": "integrations:github"}}
    return commit_row(commit) | {"repository": repository, "pullRequest": None, "suspectCommitType": ""}


def committers(asked: Asked) -> Response:
    """The suspect commits of one event. Every 404 says what is not there, as Sentry does."""
    project, wanted = asked.request.path_params["project"], asked.request.path_params["event"]
    found = [
        issue
        for issue in asked.state.issues
        if project in (issue.project.slug, issue.project.id)
        and any(issue.event_id(occurrence) == wanted for occurrence in issue.occurrences)
    ]
    if not found:
        raise Refused(404, {"detail": "Event not found"})
    if not found[0].suspects:
        raise Refused(404, {"detail": "No Commits found for Release"})
    return JSONResponse({"committers": [_committer(commit) for commit in found[0].suspects]})


def _committer(commit: Commit) -> dict[str, Any]:
    author = {"id": "7", "name": commit.author, "email": f"{commit.author.lower()}@acme.test"}
    row = {
        "id": commit.id,
        "message": commit.message,
        "dateCreated": commit_row(commit)["dateCreated"],
        "score": 2,
        "suspectCommitType": "via SCM integration",
        "pullRequest": None,
    }
    return {"author": author, "commits": [row]}
