from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from watcher.clock import Clock
from watcher.demo.glitchtip import glitchtip_app
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Deploy, Issue, Project, Release, State, spread

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEB = Project(id="2", slug="web", name="Web")
BILLING = Project(id="3", slug="billing", name="Billing")
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
ISSUES = "organizations/acme/issues/"


def _sign_in(**changes: Any) -> Issue:
    base = {
        "id": "101",
        "project": WEB,
        "title": "CallbackRouteError: sign in failed",
        "error_type": "CallbackRouteError",
        "value": "sign in failed",
        "culprit": "POST /api/auth/login",
        "url": "https://shop.example/api/auth/login",
        "tags": {"plan": "PREMIUM"},
        "occurrences": spread(
            events=60,
            users=20,
            since=NOW - timedelta(minutes=30),
            until=NOW,
            release="shop@2.41.1",
        ),
    }
    return Issue(**(base | changes))


def _state(*issues: Issue) -> State:
    release = Release(
        id=901,
        version="shop@2.41.1",
        created_at=NOW - timedelta(hours=1),
        projects=(WEB,),
        deploys=(Deploy(id="5521", finished_at=NOW - timedelta(minutes=40)),),
    )
    return State(
        projects=(WEB, BILLING),
        environments=("production", "staging"),
        releases=(release,),
        issues=issues or (_sign_in(),),
    )


@asynccontextmanager
async def _client(app: Any, token: str = "right") -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = "http://sentry.test/api/0/"
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url=base, headers=headers
    ) as client:
        yield client


def _sentry(*issues: Issue, **options: Any) -> Any:
    return sentry_app(_state(*issues), token="right", clock=_still(), **options)


def _still() -> Clock:
    return Clock(wall=NOW.timestamp, monotonic=lambda: 0.0)


@pytest.mark.parametrize(
    ("token", "detail"), [("", "Authentication credentials were not provided."), ("wrong", "Invalid token")]
)
async def test_without_the_right_token_nothing_is_told(token: str, detail: str) -> None:
    """A missing or wrong token gets 401 and its reason as JSON."""
    async with _client(_sentry(), token) as client:
        answer = await client.get(ISSUES)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})


@pytest.mark.parametrize(
    "place",
    [
        ISSUES,
        "organizations/acme/",
        "organizations/acme/projects/",
        "organizations/acme/issues/101/events/latest/",
    ],
)
async def test_an_unknown_parameter_is_refused(place: str) -> None:
    """No client can lean on a parameter that the simulation does not model."""
    async with _client(_sentry()) as client:
        answer = await client.get(place, params={"surprise": "1"})
    assert answer.status_code == 400
    assert "surprise" in answer.json()["detail"]


@pytest.mark.parametrize(
    "place",
    [
        "organizations/other/issues/",
        "organizations/acme/issues",
        "organizations/acme/nothing/",
        "organizations/acme/issues/999/events/latest/",
        "organizations/acme/releases/shop@0/deploys/",
        f"{ISSUES}?environment=moon",
    ],
)
async def test_the_unknown_is_404_as_json(place: str) -> None:
    """A wrong slug, path, issue, release or environment gets a JSON 404, and a missing last slash is one."""
    async with _client(_sentry()) as client:
        answer = await client.get(place)
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize(
    "asked",
    [
        {"statsPeriod": "soon"},
        {"statsPeriod": "0m"},
        {"start": "2026-11-23T07:00:00Z"},
        {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T07:00:00Z"},
        {"start": "yesterday", "end": "2026-11-23T07:00:00Z"},
        {"limit": "101"},
        {"limit": "0"},
        {"cursor": "cD0yMDI2"},
        {"sort": "trends"},
        {"query": "is:bogus"},
        {"query": "level:error OR level:fatal"},
    ],
)
async def test_a_bad_value_is_refused_with_its_detail(asked: dict[str, str]) -> None:
    """Bad windows, limits, cursors, sorts and searches get 400 and a text that says what is wrong."""
    async with _client(_sentry()) as client:
        answer = await client.get(ISSUES, params=asked)
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)


async def test_counts_are_those_of_the_window() -> None:
    """Top-level numbers are counted in the window, `lifetime` outside it, and the first event seen is the window's."""
    async with _client(_sentry()) as client:
        (row,) = (await client.get(ISSUES, params={"statsPeriod": "5m"})).json()
        (explicit,) = (
            await client.get(ISSUES, params={"start": "2026-11-23T07:30:00Z", "end": "2026-11-23T07:35:00Z"})
        ).json()
        none = (
            await client.get(ISSUES, params={"start": "2026-11-23T06:00:00Z", "end": "2026-11-23T07:00:00Z"})
        ).json()
    assert (row["count"], row["userCount"]) == ("9", 9)
    assert row["firstSeen"] > "2026-11-23T07:55:00Z" > row["lifetime"]["firstSeen"]
    assert (row["lifetime"]["count"], row["lifetime"]["userCount"]) == ("60", 20)
    assert (explicit["count"], explicit["firstSeen"]) == ("10", "2026-11-23T07:30:00Z")
    assert none == []


async def test_the_search_narrows_only_filtered() -> None:
    """A term about events fills `filtered` and leaves the top level alone; a term about the issue does not."""
    older = _sign_in(
        occurrences=(
            *_sign_in().occurrences,
            *spread(events=5, users=5, since=NOW - timedelta(minutes=4), until=NOW, release="shop@2.41.0"),
        )
    )
    async with _client(_sentry(older)) as client:
        (narrowed,) = (
            await client.get(ISSUES, params={"statsPeriod": "1h", "query": "release:shop@2.41.0"})
        ).json()
        (plain,) = (await client.get(ISSUES, params={"statsPeriod": "1h", "query": "is:unresolved"})).json()
    assert (narrowed["count"], narrowed["filtered"]["count"]) == ("65", "5")
    assert plain["filtered"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"101", "102"}),
        (None, {"101"}),
        ("is:resolved", {"102"}),
        ("!is:resolved", {"101"}),
        ("level:[error,fatal]", {"101", "102"}),
        ("plan:PREMIUM", {"101"}),
        ("firstSeen:-10m", {"102"}),
        ("timesSeen:>10", {"101"}),
        ("issue.category:error callback", {"101"}),
        ('"payment row"', {"102"}),
        ("error.unhandled:true user.id:3", {"101", "102"}),
        ("issue.category:performance", set()),
    ],
)
async def test_the_search_chooses_issues(query: str | None, found: set[str]) -> None:
    """Without a query only unresolved issues are listed; terms are ANDed and negated with an exclamation mark."""
    other = _sign_in(
        id="102",
        title="payment row lost",
        status="resolved",
        tags={},
        level="fatal",
        occurrences=spread(events=5, users=5, since=NOW - timedelta(minutes=5), until=NOW),
    )
    async with _client(_sentry(_sign_in(), other)) as client:
        answer = await client.get(
            ISSUES, params={"statsPeriod": "1h"} | ({} if query is None else {"query": query})
        )
    assert {row["id"] for row in answer.json()} == found


async def test_projects_and_environments_choose() -> None:
    """Ids and slugs name projects, a foreign one is 403; environments narrow the counts but not the lifetime's."""
    staged = _sign_in(
        occurrences=(
            *_sign_in().occurrences,
            *spread(events=4, users=4, since=NOW - timedelta(minutes=1), until=NOW, environment="staging"),
        )
    )
    async with _client(_sentry(staged, _sign_in(id="7", project=BILLING))) as client:
        by_slug = (await client.get(ISSUES, params={"project": "billing"})).json()
        both = (await client.get(ISSUES, params={"project": ["2", "3"]})).json()
        foreign = await client.get(ISSUES, params={"project": "99"})
        (row,) = (await client.get(ISSUES, params={"project": "2", "environment": "staging"})).json()
    assert [row["id"] for row in by_slug] == ["7"]
    assert {row["id"] for row in both} == {"101", "7"}
    assert foreign.status_code == 403
    assert (row["count"], row["lifetime"]["count"]) == ("4", "64")


async def test_pages_are_cut_and_linked() -> None:
    """Following the cursor by value with the same parameters walks every issue once; both relations always stand."""
    many = [_sign_in(id=str(n), occurrences=_sign_in().occurrences[: n + 1]) for n in range(25)]
    seen: list[str] = []
    cursor = None
    async with _client(_sentry(*many, page_size=10, links="http://sentry.internal")) as client:
        for page in range(3):
            answer = await client.get(
                ISSUES, params={"sort": "freq"} | ({"cursor": cursor} if cursor else {})
            )
            seen += [row["id"] for row in answer.json()]
            links = re.findall(
                r'<([^>]+)>; rel="(\w+)"; results="(\w+)"; cursor="([^"]+)"', answer.headers["Link"]
            )
            assert [(rel, results) for _, rel, results, _ in links] == [
                ("previous", str(page > 0).lower()),
                ("next", str(page < 2).lower()),
            ]
            assert links[1][0].startswith("http://sentry.internal/api/0/organizations/acme/issues/?")
            cursor = links[1][3]
        assert answer.headers["X-Hits"] == "25"
    assert seen == [str(n) for n in reversed(range(25))]


async def test_an_event_of_the_future_is_not_told() -> None:
    """What is still to come is in no count, no list and no event."""
    coming = _sign_in(
        occurrences=spread(
            events=10, users=10, since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=2)
        )
    )
    async with _client(_sentry(coming)) as client:
        listed = (await client.get(ISSUES, params={"statsPeriod": "1h"})).json()
        event = await client.get("organizations/acme/issues/101/events/latest/")
    assert listed == []
    assert event.status_code == 404


async def test_an_event_carries_what_list_rows_lack() -> None:
    """Tags, release, transaction and user are on the event; the oldest and the one by id are found as well."""
    async with _client(_sentry()) as client:
        latest = (await client.get("organizations/acme/issues/101/events/latest/")).json()
        oldest = (await client.get("organizations/acme/issues/101/events/oldest/")).json()
        by_id = (await client.get(f"organizations/acme/issues/101/events/{oldest['id']}/")).json()
    tags = {tag["key"]: tag["value"] for tag in latest["tags"]}
    assert tags["release"] == "shop@2.41.1"
    assert (tags["environment"], tags["plan"], tags["user"]) == ("production", "PREMIUM", "id:20")
    assert latest["release"]["lastDeploy"]["environment"] == "production"
    assert by_id == oldest != latest


async def test_only_reading_is_offered() -> None:
    """A POST is refused as JSON: the simulation cannot be changed by its client."""
    async with _client(_sentry()) as client:
        answer = await client.post(ISSUES, json={"status": "resolved"})
    assert answer.status_code == 405
    assert answer.json() == {"detail": 'Method "POST" not allowed.'}


def _kind(value: Any) -> str:
    return {"int": "number", "float": "number"}.get(type(value).__name__, type(value).__name__)


def _differences(model: Any, ours: Any, place: str = "") -> list[str]:
    """Keys of the model that are missing here, and values of another type (null fits all)."""
    if model is None or ours is None:
        return []
    if _kind(model) != _kind(ours):
        return [f"{place}: {_kind(ours)} instead of {_kind(model)}"]
    if isinstance(model, dict):
        missing = [f"{place}.{key} is missing" for key in model if key not in ours]
        return missing + [
            text
            for key in model
            if key in ours
            for text in _differences(model[key], ours[key], f"{place}.{key}")
        ]
    if isinstance(model, list) and model and ours:
        return _differences(model[0], ours[0], f"{place}[]")
    return []


SHAPES = {
    "issues-list": f"{ISSUES}?statsPeriod=1h&groupStatsPeriod=auto",
    "issue-event-latest": "organizations/acme/issues/101/events/latest/",
    "organization": "organizations/acme/",
    "releases-list": "organizations/acme/releases/",
}

IN_EXAMPLES_ONLY = {
    "releases-list": {"versionInfo", "lastCommit"},
    "issue-event-latest": {".contexts.trace"},
    "issues-list": set(),
    "organization": set(),
}
"""Parts that the simulation leaves out: no client of ours reads them."""


@pytest.mark.parametrize("name", list(SHAPES))
async def test_answers_have_the_shape_of_the_real_ones(name: str) -> None:
    """Every key of a documented answer is there, with its type."""
    example = REFERENCE / "sentry-examples" / f"{name}.json"
    if not example.exists():
        pytest.skip("the documented answers are not beside this checkout")
    async with _client(_sentry()) as client:
        ours = (await client.get(SHAPES[name])).json()
    differences = _differences(json.loads(example.read_text()), ours)
    assert [text for text in differences if not any(part in text for part in IN_EXAMPLES_ONLY[name])] == []


def _breaks(schema: dict[str, Any], value: Any, place: str = "") -> list[str]:
    """Where a value breaks the published description: types, enumerations, nulls; required keys are left aside."""
    if value is None:
        return [] if schema.get("nullable") or "type" not in schema else [f"{place} is null"]
    words = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    if "type" in schema and not isinstance(value, words[schema["type"]]):
        return [f"{place}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place}: {value!r} is not in the list"]
    if isinstance(value, list):
        return [text for row in value for text in _breaks(schema.get("items", {}), row, f"{place}[]")]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return [
            text
            for key in value
            if key in known
            for text in _breaks(known[key], value[key], f"{place}.{key}")
        ]
    return []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", "organizations/acme/"),
        ("issues/", ISSUES + "?statsPeriod=1h&query=release:shop@2.41.1"),
        ("issues/{issue_id}/events/{event_id}/", "organizations/acme/issues/101/events/latest/"),
        ("projects/", "organizations/acme/projects/"),
        ("environments/", "organizations/acme/environments/"),
        ("releases/", "organizations/acme/releases/"),
        ("releases/{version}/deploys/", "organizations/acme/releases/shop@2.41.1/deploys/"),
    ],
)
async def test_answers_fit_the_published_description(path: str, place: str) -> None:
    """No value has a type, a null or a word that the published API description excludes."""
    document = REFERENCE / "sentry-openapi-subset.json"
    if not document.exists():
        pytest.skip("the published description is not beside this checkout")
    known = json.loads(document.read_text())["paths"][
        "/api/0/organizations/{organization_id_or_slug}/" + path
    ]
    async with _client(_sentry()) as client:
        ours = (await client.get(place)).json()
    assert ours
    assert _breaks(known["get"]["responses"]["200"]["content"]["application/json"]["schema"], ours) == []


def _glitchtip(*issues: Issue) -> Any:
    return glitchtip_app(_state(*issues), token="right", clock=_still())


async def test_glitchtip_counts_a_lifetime_and_no_users() -> None:
    """The window is ignored, users read 0, and tags are only on the event of the short path."""
    async with _client(_glitchtip()) as client:
        (row,) = (await client.get(ISSUES, params={"statsPeriod": "5m", "query": "is:unresolved"})).json()
        event = (await client.get("issues/101/events/latest/")).json()
        long_path = await client.get("organizations/acme/issues/101/events/latest/")
    assert (row["count"], row["userCount"]) == ("60", 0)
    assert "lifetime" not in row
    assert {"key": "user.id", "value": "20"} in event["tags"]
    assert (long_path.status_code, long_path.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_glitchtip_refuses_what_sentry_knows() -> None:
    """Sentry's sort word, cursor and project slug are 422; without a token it says Unauthorized; settings are open."""
    async with _client(_glitchtip()) as client:
        answers = [
            await client.get(ISSUES, params=asked)
            for asked in ({"sort": "date"}, {"cursor": "0:100:0"}, {"project": "web"})
        ]
        stranger = await client.get(ISSUES, headers={"Authorization": ""})
        settings = await client.get(client.base_url.join("/api/settings/"), headers={"Authorization": ""})
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert (stranger.status_code, stranger.json()) == (401, {"detail": "Unauthorized"})
    assert settings.json()["serverTimeZone"] == "UTC"


async def test_glitchtip_wraps_its_link_header() -> None:
    """The Link header stands in braces and quotes as recorded; its cursor leads to the rest."""
    async with _client(_glitchtip(*(_sign_in(id=str(n)) for n in range(3)))) as client:
        first = await client.get(ISSUES, params={"limit": "2"})
        found = re.search(r'rel="next"; results="true"; cursor="([^"]+)"', first.headers["Link"])
        assert found is not None
        last = await client.get(ISSUES, params={"limit": "2", "cursor": found[1]})
    assert first.headers["Link"].startswith("{'<")
    assert first.headers["Link"].endswith("\"'}")
    assert (len(first.json()), len(last.json())) == (2, 1)
    assert last.headers["Link"].endswith('rel="next"; results="false"\'}')
