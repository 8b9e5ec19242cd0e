"""The simulated Sentry's evidence: release health, events, commits; in the shapes of the real one, and as strict."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.sources.sentry.stage import NOW, SHOP, TOKEN, issue, state, still
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Commit, Deploy, Release, Session, State

EXAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "sentry-examples"
BASE = "/api/0/organizations/acme"
WINDOW = {"start": "2026-11-25T02:00:00Z", "end": "2026-11-25T03:00:00Z"}
COMMIT = Commit(id="4d2f1a9c0b", message="Rework charge()", at=NOW - timedelta(hours=2))


def held(**changes: Any) -> State:
    """One issue with a suspect commit, a deployed release, sessions of two people."""
    release = Release(
        id=901,
        version="shop@2.41.1",
        created_at=NOW - timedelta(hours=1),
        projects=(SHOP,),
        deploys=(Deploy(id="5521", finished_at=NOW - timedelta(minutes=50)),),
        commits=(COMMIT,),
    )
    sessions = tuple(Session(at=NOW - timedelta(minutes=n), user=f"{n % 2}") for n in range(1, 5))
    plain = {"releases": (release,), "sessions": sessions}
    return state(issue(suspects=(COMMIT,)), **(plain | changes))


async def ask(path: str, tracker: State | None = None, **parameters: Any) -> httpx2.Response:
    app = sentry_app(tracker or held(), token=TOKEN, clock=still())
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://sentry.example"
    ) as client:
        return await client.get(path, params=parameters, headers={"Authorization": f"Bearer {TOKEN}"})


def shape(value: Any) -> Any:
    """What the names and kinds of a JSON value are, whatever it holds; None and a number of rows say nothing."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def covers(answer: Any, example: Any) -> None:
    """Every name of the example that the answer has stands in the same place, and none is invented."""
    if isinstance(answer, dict) and isinstance(example, dict):
        assert set(answer) <= set(example), set(answer) - set(example)
        for key in answer:
            covers(answer[key], example[key])
    elif isinstance(answer, list) and isinstance(example, list) and answer and example:
        covers(answer[0], example[0])


def example(name: str) -> Any:
    path = EXAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip("the examples of Sentry's answers are not here")
    return json.loads(path.read_text())


SESSIONS = {"field": ["count_unique(user)", "sum(session)"], "includeSeries": "0", **WINDOW}
TABLE = {
    "dataset": "errors",
    "field": ["count()", "count_unique(user)"],
    "query": "issue.id:[7]",
    **WINDOW,
}
SHAPES = [
    ("sessions", f"{BASE}/sessions/", {**SESSIONS, "groupBy": "release"}),
    ("events-table", f"{BASE}/events/", TABLE),
    ("events-timeseries", f"{BASE}/events-timeseries/", {"dataset": "errors", **WINDOW}),
    ("releases-list", f"{BASE}/releases/", {}),
]


@pytest.mark.parametrize(("name", "path", "parameters"), SHAPES)
async def test_answers_have_the_shape_of_the_real_ones(
    name: str, path: str, parameters: dict[str, Any]
) -> None:
    """A client that reads the simulated answers reads the real ones."""
    wanted = example(name)
    answer = (await ask(path, **parameters)).json()
    covers(answer, wanted)
    assert set(shape(wanted)) == set(shape(answer)) if isinstance(wanted, dict) else answer


async def test_committers_have_the_shape_of_the_real_ones() -> None:
    """Author and commits stand where Sentry has them."""
    wanted = example("committers")
    tracker = held()
    event = tracker.issues[0].event_id(tracker.issues[0].occurrences[-1])
    answer = (await ask(f"/api/0/projects/acme/shop/events/{event}/committers/", tracker)).json()
    covers(answer, wanted)
    assert answer["committers"][0]["commits"][0]["id"] == COMMIT.id


async def test_session_windows_are_widened_to_whole_hours() -> None:
    """The reply says what it really covers; of the running hour, up to the next minute."""
    asked = SESSIONS | {"start": "2026-11-25T01:20:00Z", "end": "2026-11-25T01:40:00Z"}
    answer = (await ask(f"{BASE}/sessions/", **asked)).json()
    assert (answer["start"], answer["end"]) == ("2026-11-25T01:00:00Z", "2026-11-25T02:00:00Z")
    assert answer["groups"] == [{"by": {}, "totals": {"count_unique(user)": 0, "sum(session)": 0}}]


async def test_users_are_distinct_over_all_issues_of_one_query() -> None:
    """Two issues that met the same forty people met forty people."""
    tracker = state(issue("7", users=40), issue("8", users=40, short_id="SHOP-2"))
    row = (await ask(f"{BASE}/events/", tracker, **(TABLE | {"query": "issue.id:[7,8]"}))).json()["data"][0]
    assert row == {"count()": 180, "count_unique(user)": 40}
    apart = TABLE | {"query": "issue.id:[7,8]", "field": ["issue", "count_unique(user)"]}
    rows = (await ask(f"{BASE}/events/", tracker, **apart)).json()["data"]
    assert [r["count_unique(user)"] for r in rows] == [40, 40]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (f"{BASE}/sessions/", WINDOW),  # no field
        (f"{BASE}/sessions/", SESSIONS | {"field": "p95(duration)"}),
        (f"{BASE}/sessions/", SESSIONS | {"interval": "5m"}),
        (f"{BASE}/events/", {k: v for k, v in TABLE.items() if k != "dataset"}),
        (f"{BASE}/events/", TABLE | {"query": "issue:[NOPE-1]"}),
        (f"{BASE}/events/", TABLE | {"sort": "-count_unique(ip)"}),
        (f"{BASE}/events/", TABLE | {"field": "failure_rate()"}),
        (f"{BASE}/events-timeseries/", {"dataset": "errors", "interval": "0"}),
    ],
)
async def test_what_is_not_modelled_is_refused(path: str, parameters: dict[str, Any]) -> None:
    """No client leans on a parameter that was never proven."""
    assert (await ask(path, **parameters)).status_code == 400


async def test_an_event_without_suspects_says_that_there_are_none() -> None:
    """404 is the answer, with what is missing."""
    tracker = held(issues=(issue(),))
    event = tracker.issues[0].event_id(tracker.issues[0].occurrences[-1])
    answer = await ask(f"/api/0/projects/acme/shop/events/{event}/committers/", tracker)
    assert (answer.status_code, answer.json()) == (404, {"detail": "No Commits found for Release"})
