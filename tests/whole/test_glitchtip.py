"""The real daemon against the answers of a real GlitchTip, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.outside import Pager, Served, reply
from tests.whole.stage import Watcher, holds, incident_pages, settings

OWN = Path(__file__).resolve().parents[1] / "fixtures" / "glitchtip.json"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "recorded" / "glitchtip"

Page = tuple[str, list[dict[str, Any]]]
"""The Link header of one page of the list, and its rows."""


class GlitchTip(Served):
    """Answers what was recorded. The list's pages are told apart by their cursor; an unknown one answers 422."""

    def __init__(self, project: dict[str, Any], server: dict[str, Any], pages: dict[str, Page]) -> None:
        super().__init__()
        self.project, self.server_settings = project, server
        self.pages = pages
        self.cursors: list[str] = []
        self.event: dict[str, Any] = {"eventID": "0" * 32, "tags": [], "entries": []}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        if parts.path == "/api/settings/":
            self._say(request, self.server_settings)
        elif parts.path.endswith("/projects/"):
            self._say(request, [self.project])
        elif parts.path.endswith("/events/latest/"):
            self._say(request, self.event)
        elif parts.path.endswith("/issues/"):
            self._list(request, parse_qs(parts.query).get("cursor", [""])[0])
        else:
            reply(request, 200, b"<!doctype html><app-root></app-root>", "text/html")

    def polled_again(self) -> None:
        """Wait for a poll that begins after this moment."""
        asked = len(self.cursors)
        assert holds(lambda: len(self.cursors) > asked), "nobody asks"

    def _list(self, request: BaseHTTPRequestHandler, cursor: str) -> None:
        self.cursors.append(cursor)
        if cursor in self.pages:
            link, rows = self.pages[cursor]
            self._say(request, rows, link)
        else:
            reply(request, 422, b'{"detail":[{"msg":"Value error, Invalid cursor."}]}')

    def _say(self, request: BaseHTTPRequestHandler, value: object, link: str = "") -> None:
        body = json.dumps(value).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        if link:
            request.send_header("Link", link)
        request.end_headers()
        request.wfile.write(body)


def own() -> GlitchTip:
    """The shapes that the project holds itself."""
    found = json.loads(OWN.read_text(encoding="utf-8"))
    pages = {cursor: (page["link"], page["rows"]) for cursor, page in found["pages"].items()}
    return GlitchTip(found["projects"][0], found["settings"], pages)


def recorded() -> GlitchTip:
    """The answers of a real server: two pages of two rows as they came, and the rest of the whole list as the third."""
    if not RECORDED.is_dir():
        pytest.skip("no recorded answers of a real GlitchTip beside this checkout")
    first, second, whole = (
        _recording(name) for name in ("issues-limit2-page1", "issues-limit2-page2", "issues")
    )
    seen = {row["id"] for row in (*first["body"], *second["body"])}
    rest = [row for row in whole["body"] if row["id"] not in seen]
    assert rest, "the third page would be empty"
    pages = {
        "": (first["headers"]["link"], first["body"]),
        _cursor(first): (second["headers"]["link"], second["body"]),
        _cursor(second): (whole["headers"]["link"], rest),
    }
    return GlitchTip(_recording("org-projects")["body"][0], _recording("settings")["body"], pages)


def _recording(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def _cursor(recording: Any) -> str:
    return str(recording["headers"]["link"].rpartition('cursor="')[2].partition('"')[0])


def best() -> GlitchTip:
    """A real server's answers where they are at hand."""
    return recorded() if RECORDED.is_dir() else own()


def moved(server: GlitchTip, age: timedelta) -> GlitchTip:
    """The same rows, the newest of them as old as that: what was recorded long ago must not look like tomorrow's."""
    rows = [row for _, page in server.pages.values() for row in page]
    newest = max(datetime.fromisoformat(row["lastSeen"]) for row in rows)
    by = datetime.now(UTC) - age - newest
    for row in rows:
        for name in ("firstSeen", "lastSeen"):
            row[name] = (datetime.fromisoformat(row[name]) + by).isoformat()
    return server


@pytest.fixture
def glitchtip(request: pytest.FixtureRequest) -> Iterator[GlitchTip]:
    with moved(request.param(), timedelta(days=2)) as server:
        yield server


def watched(server: GlitchTip, pager: Pager) -> dict[str, Any]:
    tip = {
        "name": "tip",
        "url": f"http://{server.address}",
        "organization": "acme",
        "token": "${SENTRY_TOKEN}",
        "every": "1s",
        "projects": [{"id": int(server.project["id"]), "system": "web"}],
    }
    return settings(pager.address, sentry=[tip])


@pytest.mark.parametrize("glitchtip", [own, recorded], indirect=True)
def test_a_quiet_glitchtip_is_seen_whole_and_opens_nothing(tmp_path: Path, glitchtip: GlitchTip) -> None:
    """Every page is walked by its cursor's value; issues of days ago, however many events they hold, are no P0."""
    with Pager() as pager, Watcher(tmp_path, watched(glitchtip, pager)) as watcher:
        assert watcher.sees("sentry:tip"), watcher.said
        assert set(glitchtip.cursors) == set(glitchtip.pages)
        assert watcher.api("/incidents") == {"incidents": [], "suspicions": []}
        assert "row_set_aside" not in watcher.said
        assert not pager.got


@pytest.mark.parametrize("glitchtip", [best], indirect=True)
def test_sign_in_errors_that_grow_open_one_incident_and_send_one_page(
    tmp_path: Path, glitchtip: GlitchTip
) -> None:
    """Lifetime counts become windows by their growth; an issue as old as the shop is judged by what is new in it."""
    rows = glitchtip.pages[""][1]
    failing = rows[0] | {
        "id": "4711",
        "count": "100",
        "level": "error",
        "status": "unresolved",
        "title": "CallbackRouteError: sign in failed",
        "metadata": {"type": "CallbackRouteError", "value": "sign in failed"},
    }
    rows.insert(0, failing)
    with Pager() as pager, Watcher(tmp_path, watched(glitchtip, pager)) as watcher:
        assert watcher.sees("sentry:tip"), watcher.said
        for count in (112, 125):
            assert not pager.got, "a hundred events of two days ago, and a dozen new ones, are no P0"
            failing |= {"count": str(count), "lastSeen": datetime.now(UTC).isoformat()}
            glitchtip.polled_again()
        assert pager.wait_for(bool, 5), watcher.said
        (incident,) = watcher.api("/incidents")["incidents"]
        (signal,) = incident["signals"]
        assert incident["category"] == "authentication"
        assert (signal["users"], signal["events"]) == (None, 25)
        glitchtip.polled_again()
        glitchtip.polled_again()
        assert len(incident_pages(pager)) == 1
