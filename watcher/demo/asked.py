"""One authorized request to the simulated tracker, and what it chooses among."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from watcher.demo.parameters import Refused, bad, cut, link_header, missing
from watcher.demo.tracker import Release, State

HITS_MAX = 1000
"""X-Hits is an estimate that stops here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One authorized request, and what the tracker holds at this moment."""

    request: Request
    state: State
    now: datetime
    page_size: int
    links: str  # what the server believes its own address to be

    def wish(self, name: str, default: str, allowed: Sequence[str]) -> str:
        value = self.request.query_params.get(name, default)
        if value not in allowed:
            raise bad(f"Invalid {name}: {value!r}")
        return value

    def page(self, found: Sequence[Any], *, name: str = "per_page") -> Response:
        """The asked page of ready rows, with its Link header."""
        leaf = cut(found, self.request.query_params, name=name, page_size=self.page_size)
        url = f"{self.links}{self.request.url.path}"
        asked = self.request.url.remove_query_params("cursor").query
        headers = {"Link": link_header(leaf, f"{url}?{asked}" if asked else url)}
        headers |= {"X-Hits": str(min(leaf.hits, HITS_MAX)), "X-Max-Hits": str(HITS_MAX)}
        return JSONResponse(leaf.rows, headers=headers)


def authorize(request: Request, token: str, *, wrong: str, absent: str) -> None:
    """Refuse whoever does not bear the token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not given:
        raise Refused(401, {"detail": absent})
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise Refused(401, {"detail": wrong})


def release_of(state: State, version: str | None) -> Release | None:
    return next((release for release in state.releases if release.version == version), None)


def chosen_projects(asked: Asked) -> frozenset[str]:
    """The ids asked for; all when none is."""
    wanted = asked.request.query_params.getlist("project")
    known = {name: row.id for row in asked.state.projects for name in (row.id, row.slug)}
    if not wanted or "-1" in wanted:
        return frozenset(known.values())
    if not set(wanted) <= set(known):
        raise Refused(403, {"detail": "You do not have permission to perform this action."})
    return frozenset(known[name] for name in wanted)


def chosen_environments(asked: Asked) -> frozenset[str]:
    """The environments asked for; empty means every one."""
    wanted = frozenset(asked.request.query_params.getlist("environment"))
    if not wanted <= set(asked.state.environments):
        raise missing()
    return wanted
