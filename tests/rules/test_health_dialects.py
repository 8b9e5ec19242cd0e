"""The formats of the usual frameworks, in the shapes that their manuals show: well, half well, and down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.health import Reading, read
from rules.health.as_json import DOCUMENTS

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def said(document: Any, status: int = 200, **headers: str) -> Reading:
    body = document if isinstance(document, str) else json.dumps(document)
    kind = "text/plain" if isinstance(document, str) else "application/json"
    return read(status=status, headers={"content-type": kind, **headers}, body=body)


def ietf(whole: str, *postgres: str, **more: Any) -> dict[str, Any]:
    measured = [
        {
            "componentId": f"node-{number}",
            "componentType": "datastore",
            "status": status,
            "observedUnit": "ms",
        }
        for number, status in enumerate(postgres)
    ]
    return {
        "status": whole,
        "version": "1",
        "releaseId": "1.2.2",
        "notes": [""],
        "output": "",
        "serviceId": "f03e522f",
        "description": "health of authz service",
        "checks": {
            "postgres:responseTime": measured,
            "uptime": [{"status": "pass", "observedValue": 1209600}],
        },
        "links": {"about": "http://api.example.com/about/authz"},
        **more,
    }


def terminus(status: str, **details: str) -> dict[str, Any]:
    each = {name: {"status": state} for name, state in details.items()}
    good = {name: one for name, one in each.items() if one["status"] == "up"}
    bad = {name: one | {"message": "connect ECONNREFUSED"} for name, one in each.items() if name not in good}
    return {"status": status, "info": good, "error": bad, "details": {**good, **bad}}


def spatie(finished: int, **results: str) -> dict[str, Any]:
    return {
        "finishedAt": finished,
        "checkResults": [
            {
                "name": name,
                "label": name.title(),
                "notificationMessage": "",
                "shortSummary": state,
                "status": state,
                "meta": {},
            }
            for name, state in results.items()
        ],
    }


def consul(
    *states: str, check: str = "service:web", name: str = "Service 'web' check"
) -> list[dict[str, Any]]:
    return [
        {
            "Node": f"node-{number}",
            "CheckID": check,
            "Name": name,
            "Status": state,
            "Notes": "",
            "Output": "HTTP GET http://10.0.0.7:8080/health: 500 Internal Server Error",
            "ServiceID": "web",
            "ServiceName": "web",
        }
        for number, state in enumerate(states)
    ]


WELL = {"status": "UP", "details": {"total": 1, "free": 1, "threshold": 1, "exists": True}}
PG_DOWN = {"status": "DOWN", "details": {"error": "org.postgresql.util.PSQLException: refused"}}

ANSWERS: list[tuple[str, str, tuple[str, ...], Any, int]] = [
    ("health+json", "up", (), ietf("pass", "pass"), 200),
    ("health+json", "degraded", ("postgres:responseTime",), ietf("warn", "warn"), 200),
    ("health+json", "degraded", ("postgres:responseTime",), ietf("pass", "pass", "warn"), 200),
    ("health+json", "down", ("postgres:responseTime",), ietf("fail", "fail"), 503),
    ("actuator", "up", (), {"status": "UP", "groups": ["liveness", "readiness"]}, 200),
    ("actuator", "up", (), {"status": "UP", "components": {"db": {"status": "UP"}, "diskSpace": WELL}}, 200),
    ("actuator", "down", ("db",), {"status": "DOWN", "components": {"db": PG_DOWN, "diskSpace": WELL}}, 503),
    ("actuator 2.1", "down", ("db",), {"status": "DOWN", "details": {"db": PG_DOWN, "diskSpace": WELL}}, 503),
    (
        "actuator",
        "down",
        ("db.primary",),
        {
            "status": "DOWN",
            "components": {"db": {"status": "DOWN", "components": {"primary": PG_DOWN, "replica": WELL}}},
        },
        503,
    ),
    (
        "actuator",
        "down",
        ("redis",),
        {"status": "OUT_OF_SERVICE", "components": {"redis": {"status": "OUT_OF_SERVICE"}}},
        503,
    ),
    (
        "actuator",
        "degraded",
        ("mail",),
        {"status": "UP", "components": {"mail": {"status": "DOWN"}, "db": WELL}},
        200,
    ),
    ("actuator", "unknown", (), {"status": "UNKNOWN", "components": {"x": {"status": "UNKNOWN"}}}, 200),
    (
        "microprofile",
        "up",
        (),
        {"status": "UP", "checks": [{"name": "Database connections", "status": "UP"}]},
        200,
    ),
    (
        "microprofile",
        "down",
        ("Database connections",),
        {
            "status": "DOWN",
            "checks": [
                {"name": "Database connections", "status": "DOWN", "data": {"error": "refused"}},
                {"name": "Reactive messaging", "status": "UP"},
            ],
        },
        503,
    ),
    (
        "microprofile 1",
        "down",
        ("queue",),
        {"outcome": "DOWN", "checks": [{"name": "queue", "state": "DOWN"}]},
        503,
    ),
    ("terminus", "up", (), terminus("ok", database="up", redis="up"), 200),
    ("terminus", "down", ("redis",), terminus("error", database="up", redis="down"), 503),
    ("terminus", "down", ("database",), terminus("error", database="down", redis="up"), 503),
    ("aspnet text", "up", (), "Healthy", 200),
    ("aspnet text", "degraded", (), "Degraded", 200),
    ("aspnet text", "down", (), "Unhealthy", 503),
    (
        "aspnet",
        "down",
        ("npgsql",),
        {
            "status": "Unhealthy",
            "totalDuration": "00:00:05.0021",
            "entries": {
                "npgsql": {
                    "data": {},
                    "duration": "00:00:05",
                    "exception": "timeout",
                    "status": "Unhealthy",
                    "tags": [],
                },
                "self": {"data": {}, "duration": "00:00:00.0001", "status": "Healthy", "tags": ["live"]},
            },
        },
        503,
    ),
    (
        "aspnet",
        "degraded",
        ("cache",),
        {
            "status": "Degraded",
            "results": {"cache": {"status": "Degraded", "description": "slow", "data": {}}},
        },
        200,
    ),
    ("aspnet", "up", (), {"Status": "Healthy", "Results": {"self": {"Status": "Healthy"}}}, 200),
    ("spatie", "up", (), spatie(1763630043, Database="ok", UsedDiskSpace="ok", Backups="skipped"), 200),
    (
        "spatie",
        "degraded",
        ("UsedDiskSpace",),
        spatie(1763630043, Database="ok", UsedDiskSpace="warning"),
        200,
    ),
    ("spatie", "down", ("Database",), spatie(1763630043, Database="failed", UsedDiskSpace="ok"), 200),
    ("spatie", "degraded", ("Redis",), spatie(1763630043, Redis="crashed", UsedDiskSpace="ok"), 200),
    ("spatie", "unknown", (), spatie(1763630043), 200),
    ("django", "up", (), {"Cache backend: default": "working", "DatabaseBackend": "working"}, 200),
    (
        "django",
        "down",
        ("DatabaseBackend",),
        {"Cache backend: default": "working", "DatabaseBackend": "unavailable: Database error"},
        500,
    ),
    (
        "django",
        "degraded",
        ("DiskUsage Check",),
        {"DatabaseBackend": "working", "DiskUsage Check": "warning: host1 91.0% disk usage exceeds 90%"},
        200,
    ),
    (
        "django",
        "down",
        ("Database(alias='default')",),
        {"Database(alias='default')": "unavailable: refused"},
        500,
    ),
    (
        "watchman",
        "down",
        ("databases.default",),
        {
            "caches": [{"default": {"ok": True}}],
            "databases": [{"default": {"ok": False, "error": "refused"}}],
        },
        500,
    ),
    (
        "watchman",
        "degraded",
        ("storage",),
        {"databases": [{"default": {"ok": True}}], "storage": {"ok": False}},
        200,
    ),
    (
        "watchman",
        "up",
        (),
        {"caches": [{"default": {"ok": True}}], "databases": [{"default": {"ok": True}}]},
        200,
    ),
    (
        "go health",
        "up",
        (),
        {"status": "up", "details": {"database": {"status": "up", "timestamp": "2026-11-20T09:14:03Z"}}},
        200,
    ),
    (
        "go health",
        "down",
        ("database",),
        {
            "status": "down",
            "details": {
                "database": {
                    "status": "down",
                    "timestamp": "2026-11-20T09:14:03Z",
                    "error": "connection refused",
                },
                "search": {"status": "up", "timestamp": "2026-11-20T09:14:03Z"},
            },
        },
        503,
    ),
    (
        "health-go",
        "down",
        ("rabbitmq",),
        {
            "status": "Service Unavailable",
            "timestamp": "2026-11-20T09:14:03Z",
            "failures": {"rabbitmq": "Failed during RabbitMQ health check"},
            "system": {"version": "go1.22", "goroutines_count": 4},
            "component": {"name": "orders", "version": "v1.0"},
        },
        503,
    ),
    (
        "health-go",
        "degraded",
        ("some-custom-check",),
        {"status": "Partially Available", "failures": {"some-custom-check": "Timeout during health check"}},
        200,
    ),
    (
        "health-go",
        "up",
        (),
        {"status": "OK", "timestamp": "x", "system": {"alloc_bytes": 1}, "component": {"name": "o"}},
        200,
    ),
    (
        "etherlabs",
        "down",
        ("database",),
        {"status": "Service Unavailable", "errors": {"database": "dial tcp: refused"}},
        503,
    ),
    ("kubernetes", "up", (), "[+]ping ok\n[+]log ok\n[+]etcd ok\nreadyz check passed", 200),
    (
        "kubernetes",
        "down",
        ("etcd",),
        "[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/start-kube-apiserver ok\nreadyz check failed",
        500,
    ),
    (
        "kubernetes",
        "down",
        ("etcd", "log"),
        "[-]etcd failed: reason withheld\n[-]log failed\nhealthz check failed",
        500,
    ),
    ("consul", "up", (), consul("passing", "passing"), 200),
    ("consul", "degraded", ("Service 'web' check",), consul("passing", "critical"), 200),
    ("consul", "down", ("Service 'web' check",), consul("critical", "critical"), 200),
    ("consul", "degraded", ("Service 'web' check",), consul("warning"), 200),
    ("consul agent", "down", ("Service 'web' check",), {"service:web": consul("critical")[0]}, 200),
    (
        "consul service",
        "down",
        ("Service 'web' check",),
        [{"Node": {"Node": "a"}, "Service": {"ID": "web"}, "Checks": consul("critical")}],
        200,
    ),
    ("cluster", "up", (), {"cluster_name": "search", "status": "green", "timed_out": False}, 200),
    ("cluster", "degraded", (), {"cluster_name": "search", "status": "yellow", "unassigned_shards": 5}, 200),
    ("cluster", "down", (), {"cluster_name": "search", "status": "red", "unassigned_shards": 5}, 200),
    ("rails", "up", (), '<!DOCTYPE html><html><body style="background-color: green"></body></html>', 200),
    ("rails", "down", (), '<!DOCTYPE html><html><body style="background-color: red"></body></html>', 500),
    ("rails json", "up", (), {"status": "up", "timestamp": "2026-11-20T09:14:03Z"}, 200),
    ("ad hoc", "down", ("database",), {"ok": True, "checks": {"database": False, "cache": True}}, 200),
    ("ad hoc", "down", (), {"status": "upstream_down"}, 200),
    ("ad hoc", "down", ("database", "redis"), {"healthy": False, "failed": ["database", "redis"]}, 503),
    ("ad hoc", "degraded", ("search",), {"status": "degraded", "failing": ["search"]}, 200),
    ("ad hoc", "degraded", ("workers",), {"status": "ok", "workers": {"expected": 8, "running": 3}}, 200),
    ("ad hoc", "up", (), {"status": "ok", "workers": {"expected": 8, "running": 8}}, 200),
    ("ad hoc", "degraded", ("jobs",), {"status": "ok", "jobs": {"desired": 2, "running": 0}}, 200),
    ("ad hoc", "up", (), {"status": "ok", "latency": {"expected": 200, "actual": 35}}, 200),
    ("ad hoc", "down", ("db",), {"status": "ok", "services": {"expected": 3, "db": "down"}}, 200),
    (
        "lists of checks",
        "down",
        ("master_check",),
        {"status": "failed", "master_check": [{"status": "failed"}], "cache_check": [{"status": "ok"}]},
        503,
    ),
    (
        "component names",
        "degraded",
        ("Search backend",),
        {"status": "degraded", "checks": [{"componentName": "Search backend", "status": "degraded"}]},
        200,
    ),
    ("lines", "up", (), "DB=OK\nCACHE=OK", 200),
    ("lines", "up", (), "db OK\nqueue OK\n", 200),
    ("lines", "up", (), "status: healthy\nversion: 1.2", 200),
    ("lines", "down", ("database",), "database: fail\nredis: ok\n", 503),
    ("lines", "degraded", ("redis",), "database: ok\nredis: fail\n", 200),
    ("no lines", "down", (), "Error: connect ECONNREFUSED 10.0.0.7:5432", 500),
    ("no lines", "unknown", (), "Hello: world", 200),
    (
        "status page",
        "up",
        (),
        {"page": {"name": "Shop"}, "status": {"indicator": "none", "description": "All good"}},
        200,
    ),
    (
        "status page",
        "down",
        ("Chat",),
        {
            "page": {"name": "Shop"},
            "status": {"indicator": "major", "description": "Major System Outage"},
            "components": [
                {"name": "Chat", "status": "major_outage"},
                {"name": "Web", "status": "operational"},
            ],
        },
        200,
    ),
    ("status page", "degraded", (), {"status": {"indicator": "minor", "description": "Degraded"}}, 200),
]


@pytest.mark.parametrize(
    ("state", "failed", "document", "status"),
    [answer[1:] for answer in ANSWERS],
    ids=[f"{answer[0]}-{answer[1]}-{number}" for number, answer in enumerate(ANSWERS)],
)
def test_every_format_is_read_as_its_manual_says(
    state: str, failed: tuple[str, ...], document: Any, status: int
) -> None:
    """State and the names of what fails, as they stand in the body."""
    reading = said(document, status)
    assert (reading.state, reading.failed_components) == (state, failed)


@pytest.mark.parametrize("read_as", DOCUMENTS, ids=lambda one: one.__module__)
def test_every_format_knows_some_document_and_none_of_another(read_as: Any) -> None:
    """A document has one reader at most, and each reader has documents: none is there for show."""
    documents = [document for _, _, _, document, _ in ANSWERS if not isinstance(document, str)]
    known = [one for one in documents if read_as(one) is not None]
    assert known
    for one in known:
        assert [other for other in DOCUMENTS if other(one) is not None] == [read_as]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["UP", "down", "pass", "ok", "passing", "x", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["status", "checks", "components", "details", "info", "error", "entries", "results", "failures", "name",
             "checkResults", "finishedAt", "CheckID", "Status", "Checks", "cluster_name", "DatabaseBackend", "groups"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.sampled_from([200, 503]))
def test_no_document_makes_a_reader_fail(document: Any, status: int) -> None:
    """Whatever stands under the words of a format, there is a reading, and a failing status is never up."""
    reading = said(document if not isinstance(document, str) else {"status": document}, status)
    assert reading.state in {"up", "degraded", "down", "unknown"}
    assert status == 200 or reading.state != "up"


def test_the_release_is_read_where_the_format_has_one() -> None:
    """health+json names the release beside the version of its interface; health-go the component's version."""
    assert said(ietf("pass", "pass")).version == "1.2.2"
    failing = {"status": "Service Unavailable", "failures": {"a": "x"}, "component": {"version": "v1.0"}}
    assert said(failing, 503).version == "v1.0"


@pytest.mark.parametrize(
    ("document", "announced"),
    [
        ({"status": "shutting_down"}, True),
        ({"status": "shutting_down", "info": {}, "error": {}, "details": {}}, True),
        ({"status": "draining"}, True),
        ({"status": "maintenance"}, True),
        ("draining", True),
        ("Shutting down.", True),
        (consul("critical", check="_service_maintenance:web", name="Service Maintenance Mode"), True),
        (consul("critical", check="_node_maintenance", name="Node Maintenance Mode"), True),
        ("FATAL: the database system is shutting down", False),
        ({"status": "down", "error": "the database system is shutting down"}, False),
        ({"status": "OUT_OF_SERVICE", "components": {"db": {"status": "OUT_OF_SERVICE"}}}, False),
        (consul("critical"), False),
    ],
)
def test_a_service_that_was_told_to_leave_says_so(document: Any, announced: bool) -> None:  # noqa: FBT001 - a case
    """Draining and maintenance are down and announced; a database that shuts down under a service is no announcement."""
    reading = said(document, 503)
    assert (reading.state, reading.announced) == ("down", announced)


WELL_JSON = {"status": "ok"}


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ({"age": "20"}, "up"),
        ({"age": "300"}, "up"),
        ({"age": "301"}, "unknown"),
        ({"age": "86400", "x-cache": "HIT"}, "unknown"),
        ({"age": "9" * 400}, "unknown"),
        ({"age": "soon"}, "up"),
        ({"date": format_datetime(NOW - timedelta(hours=1)), "x-cache": "Hit from cloudfront"}, "unknown"),
        ({"date": format_datetime(NOW - timedelta(hours=1)), "cf-cache-status": "STALE"}, "unknown"),
        ({"date": format_datetime(NOW - timedelta(minutes=1)), "x-cache": "HIT"}, "up"),
        ({"date": format_datetime(NOW - timedelta(hours=1)), "x-cache": "MISS"}, "up"),
        ({"date": format_datetime(NOW - timedelta(hours=1))}, "up"),
        ({"date": "yesterday", "x-cache": "HIT"}, "up"),
    ],
)
def test_a_good_answer_out_of_a_cache_says_nothing_of_now(headers: dict[str, str], state: str) -> None:
    """By its age, or by its date where a cache says that it is its own; a clock that is wrong makes nothing stale."""
    answer = read(status=200, headers=headers, body=json.dumps(WELL_JSON), now=NOW)
    assert answer.state == state
    assert read(status=503, headers=headers, body='{"status": "down"}', now=NOW).state == "down"


def test_old_results_say_nothing_of_now() -> None:
    """Results that a scheduler left hours ago are unknown when all was well in them; what failed in them has failed."""
    taken = round((NOW - timedelta(hours=3)).timestamp())
    date = format_datetime(NOW)
    old = said(spatie(taken, Database="ok"), 200, date=date)
    assert (old.state, old.because) == ("unknown", ("its results are 180 min old",))
    assert said(spatie(taken, Database="failed"), 200, date=date).state == "down"
    assert said(spatie(round(NOW.timestamp()) - 90, Database="ok"), 200, date=date).state == "up"
    assert said(spatie(10**400, Database="ok"), 200, date=date).state == "up"


def test_a_sea_of_members_is_read_in_part_and_quickly() -> None:
    """A body of 200 kB with ten thousand components names at most fifty, in the test's short time."""
    many = {f"c{number}": {"status": "DOWN"} for number in range(9_000)}
    reading = said({"status": "DOWN", "components": many}, 503)
    assert reading.state == "down"
    assert len(reading.failed_components) == 50
    deep: dict[str, Any] = {"status": "DOWN"}
    for _ in range(400):
        deep = {"status": "DOWN", "components": {"a": deep}}
    assert said(deep, 503).state == "down"
