"""The simulated tracker's organization and its projects, in the shapes of Sentry's web API."""

from __future__ import annotations

from typing import Any

from watcher.demo.rows import project_part
from watcher.demo.tracker import Project, State


def organization_body(state: State, base: str) -> dict[str, Any]:
    return {
        "id": "4509106740723712",
        "slug": state.organization,
        "name": state.organization.title(),
        "status": {"id": "active", "name": "active"},
        "links": {"regionUrl": base, "organizationUrl": base},
        "features": [],
    }


def project_row(project: Project, state: State) -> dict[str, Any]:
    return project_part(project) | {
        "platforms": [project.platform],
        "isMember": True,
        "hasAccess": True,
        "features": [],
        "environments": list(state.environments),
        "dateCreated": "2026-01-05T09:00:00Z",
        "firstEvent": None,
    }
