"""Health answers, format by format: what is said, what is not said, and what only looks like it."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.health import BODY_MAX, Reading, is_core, is_peripheral, read

PAGE = {"content-type": "text/html; charset=utf-8"}


def json_of(document: Any, status: int = 200) -> Reading:
    return read(status=status, headers={"content-type": "application/json"}, body=json.dumps(document))


JSON = [
    ("up", (), {"status": "ok"}),
    ("up", (), {"status": "UP", "checks": []}),
    ("up", (), {"status": "pass", "version": "1.2", "uptime": 12, "memory": {"rss": 12}}),
    ("up", (), {"healthy": True}),
    ("up", (), {"alive": True, "log_level": "error", "features": {"chat": False}}),
    ("up", (), {"db": True, "redis": True}),
    ("up", (), {"message": "pong"}),
    ("up", (), {"status": "SERVING"}),
    ("up", (), {"status": "Service is up and running"}),
    ("up", (), {"status": "ok", "database": "PostgreSQL 15", "region": "down-under"}),
    ("up", (), {"status": "ok", "message": "the old database was shut down"}),
    ("up", (), {"uptime": 12.5, "timestamp": "2026-11-25"}),
    ("down", (), {"status": "down"}),
    ("down", (), {"status": "upstream_down"}),
    ("down", (), {"status": "NOT_SERVING"}),
    ("down", (), {"status": "not ok"}),
    ("down", (), {"status": "unhealthy"}),
    ("down", (), {"status": "ok", "healthy": False}),
    ("down", (), {"success": True, "data": {"status": "DOWN"}}),
    ("down", (), {"error": "connection to the database failed"}),
    ("down", ("database",), {"success": True, "data": {"status": "DOWN", "database": {"connected": False}}}),
    ("down", ("database",), {"status": "healthy", "database": "disconnected"}),
    (
        "down",
        ("db.primary",),
        {"status": "UP", "components": {"db": {"components": {"primary": {"status": "DOWN"}}}}},
    ),
    (
        "down",
        ("postgres:connections",),
        {"status": "pass", "checks": {"postgres:connections": [{"status": "fail"}]}},
    ),
    (
        "down",
        ("DatabaseBackend",),
        {"Cache backend: default": "working", "DatabaseBackend": "unavailable: Database error"},
    ),
    (
        "down",
        ("mail",),
        {"status": "down", "components": {"mail": {"status": "down"}, "db": {"status": "up"}}},
    ),
    ("down", ("api",), [{"name": "api", "status": "critical"}, {"name": "api", "status": "critical"}]),
    ("degraded", ("api",), [{"name": "api", "status": "critical"}, {"name": "api", "status": "passing"}]),
    ("degraded", ("mail",), {"status": "ok", "services": [{"name": "mail", "status": "down"}]}),
    ("degraded", ("stripe",), {"status": "healthy", "services": {"stripe": "degraded"}}),
    ("degraded", ("queue",), {"status": "ok", "queue": "lagging 41000 jobs"}),
    ("degraded", ("read_replica",), {"db": "ok", "read_replica": "down"}),
    ("degraded", (), {"status": "yellow"}),
    ("degraded", ("eu-2",), {"nodes": {"eu-1": "healthy", "eu-2": "unreachable"}}),
    ("degraded", ("cache",), {"db": 1, "cache": 0}),
    ("down", ("db",), {"ok": False, "db": "ECONNREFUSED"}),
    ("down", ("Postgres",), {"healthy": False, "failures": ["Postgres: could not connect"]}),
    ("down", (), {"initialized": True, "sealed": True, "standby": False}),
    ("up", (), {"initialized": True, "sealed": False, "standby": False}),
    ("unknown", (), {"status": "UNKNOWN"}),
    ("unknown", (), {"status": "upgrading"}),
    ("unknown", (), {"error": "Not Found"}),
    ("unknown", (), {"message": "Hello"}),
    ("unknown", (), {}),
    ("unknown", (), []),
    ("unknown", (), None),
    ("unknown", (), 3),
]


@pytest.mark.parametrize(("state", "failed", "document"), JSON, ids=[json.dumps(row[2])[:70] for row in JSON])
def test_json_speaks_in_words_booleans_and_components(
    state: str, failed: tuple[str, ...], document: Any
) -> None:
    """Words are read whole, a failed core part outweighs a friendly headline, and other values are no verdicts."""
    reading = json_of(document)
    assert (reading.state, reading.failed_components) == (state, failed)


TEXTS = [
    ("up", "OK"),
    ("up", " healthy\n"),
    ("up", "pong"),
    ("up", "All systems operational"),
    ("up", "I am alive"),
    ("up", "0 errors"),
    ("up", "readyz check passed"),
    ("up", ""),
    ("down", "not ok"),
    ("down", "unhealthy"),
    ("down", "upstream_down"),
    ("down", "Could not connect to the database"),
    ("degraded", "Degraded"),
    ("degraded", "OK (2 failed)"),
    ("unknown", "Hello world"),
    ("unknown", "It works! " * 100),
    ("unknown", "failover-controller"),
]


@pytest.mark.parametrize(("state", "text"), TEXTS)
def test_plain_text_is_read_by_whole_words(state: str, text: str) -> None:
    """A text is up only when it says so; a text that speaks of something else is unknown."""
    assert read(status=200, headers={"content-type": "text/plain"}, body=text).state == state


def test_checks_a_line_are_components() -> None:
    """`[-]name` is a failing component; a good last line of a failing list is not believed."""
    reading = read(status=500, body="[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed")
    assert (reading.state, reading.failed_components) == ("down", ("etcd",))
    assert read(status=200, body="[+]ping ok\n[+]etcd excluded: ok\nlivez check passed").state == "up"


PAGES = [
    ("unknown", 200, "<!doctype html><title>Shop</title><div id='__next'></div>"),
    ("unknown", 200, "<html><title>Log in</title><form><input type=password></form></html>"),
    ("unknown", 200, "<html><body>OK, please sign in</body></html>"),
    ("unknown", 403, "<html><title>Just a moment...</title></html>"),
    ("unknown", 503, "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"),
    ("down", 502, "<html><title>502 Bad Gateway</title><body>nginx</body></html>"),
    ("down", 521, "<!DOCTYPE html><html><title>521: Web server is down</title></html>"),
    ("up", 200, "<html><body>OK</body></html>"),
    ("up", 200, "<!DOCTYPE html><html><body style='background-color: green'></body></html>"),
    ("down", 500, "<!DOCTYPE html><html><body style='background-color: red'></body></html>"),
]


@pytest.mark.parametrize(("state", "status", "page"), PAGES)
def test_a_page_is_seldom_an_answer_about_health(state: str, status: int, page: str) -> None:
    """A sign-in page, a challenge, an application that swallowed the route: unknown, never up."""
    assert read(status=status, headers=PAGE, body=page).state == state


def test_an_announced_maintenance_is_down_and_announced() -> None:
    """Downtime that the service itself announced is told apart from a failure."""
    page = "<html><title>Scheduled maintenance</title>We will be back at 03:00</html>"
    assert read(status=503, headers=PAGE | {"Retry-After": "3600"}, body=page).announced
    assert json_of({"status": "maintenance"}, 503).announced
    assert not json_of({"status": "down"}, 503).announced


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 410, 422, 429, 511])
def test_a_status_that_is_not_of_health_is_unknown(status: int) -> None:
    """Redirects, demands to sign in, wrong addresses: the state of the service is not known, whatever the body says."""
    assert json_of({"status": "ok"}, status).state == "unknown"
    assert json_of({"status": "down"}, status).state == "unknown"


def test_a_list_of_lines_is_read_like_the_lines() -> None:
    """A JSON list of names and states is what it would be as text."""
    reading = json_of(["thread-deadlock: OK", "datastore-query: FAIL"])
    assert (reading.state, reading.failed_components) == ("down", ("datastore-query",))
    assert json_of(["thread-deadlock: OK", "datastore-query: OK"]).state == "up"
    assert json_of(["red", "green"]).state == "unknown"


def test_a_refusal_that_names_failed_parts_is_believed() -> None:
    """Some services answer 400 where a check fails; a 400 that speaks of nothing else refuses the probe."""
    reading = json_of({"clock": {"healthy": True}, "db_read": {"healthy": False}}, status=400)
    assert (reading.state, reading.failed_components) == ("down", ("db_read",))
    assert json_of({"status": 400, "error": "Bad Request"}, status=400).state == "unknown"


@pytest.mark.parametrize("body", ['{"status":"ok"}', "OK", "", "\x00", "{", "<html>", "what?"])
def test_a_server_error_is_down_whatever_the_body_says(body: str) -> None:
    """5xx is down, unless the service itself says that it is degraded."""
    assert read(status=503, body=body).state == "down"
    assert read(status=503, body='{"status":"degraded"}').state == "degraded"


@pytest.mark.parametrize(
    "body", ['{"status":"ok","chec', "[" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000, '{"status": ok}']
)
def test_broken_and_endless_json_is_unknown(body: str) -> None:
    """What cannot be read to its end says nothing, and breaks nothing."""
    assert read(status=200, body=body).state == "unknown"


def test_a_body_over_the_cap_is_unknown() -> None:
    """Half an answer is no answer."""
    assert read(status=200, body='{"status":"ok"}' + " " * BODY_MAX).state == "unknown"


ERRORS = [
    ("down", "connect ECONNREFUSED 10.0.0.1:443"),
    ("down", "read ECONNRESET"),
    ("down", "timeout of 5000ms exceeded"),
    ("down", "certificate has expired"),
    ("down", "self-signed certificate in certificate chain"),
    ("down", "Hostname/IP does not match certificate's altnames"),
    ("unknown", "getaddrinfo ENOTFOUND app.example.com"),
    ("unknown", "getaddrinfo EAI_AGAIN: timed out"),
    ("unknown", "Maximum number of redirects exceeded"),
    ("unknown", "Parse Error: Expected HTTP/"),
    ("unknown", "something nobody thought of"),
]


@pytest.mark.parametrize(("state", "error"), ERRORS)
def test_no_answer_is_down_or_unknown_by_whose_fault_it_is(state: str, error: str) -> None:
    """A refusal is the service's; a name that does not resolve may be the prober's own fault."""
    reading = read(error=error)
    assert reading.state == state
    assert reading.failed_components == (("tls",) if "certif" in error else ())


def test_a_slow_good_answer_is_degraded() -> None:
    """A probe that does next to nothing and takes longer than five seconds is not well."""
    slow = read(status=200, body="OK", latency=timedelta(seconds=8.9))
    assert (slow.state, slow.because[-1]) == ("degraded", "it took 8.9 s")
    assert read(status=200, body="OK", latency=timedelta(seconds=4.9)).state == "up"


def test_the_version_that_the_answer_names_is_kept() -> None:
    """The release that runs is read from the answer, also from inside its wrapper."""
    assert json_of({"status": "ok", "version": "2.41.0"}).version == "2.41.0"
    assert json_of({"data": {"status": "ok", "releaseId": "abc"}}).version == "abc"
    assert json_of({"status": "ok", "version": 3}).version is None


def test_bytes_and_a_byte_order_mark_are_read() -> None:
    """A body may come as bytes, with a mark before it and whatever bytes in it."""
    assert read(status=200, body=b'\xef\xbb\xbf{"status":"pass"}').state == "up"
    assert read(status=200, body=b"\xff\xfe\x00").state == "unknown"


NAMES = [
    ("DatabaseBackend", True, False),
    ("db.replica", False, False),
    ("memory_heap", False, True),
    ("redis", False, False),
    ("service:api", True, False),
]


@pytest.mark.parametrize(("name", "core", "peripheral"), NAMES)
def test_names_tell_core_from_peripheral(name: str, core: bool, peripheral: bool) -> None:  # noqa: FBT001
    """Names are read by their words, in whatever spelling they come."""
    assert (is_core(name), is_peripheral(name)) == (core, peripheral)


def test_what_is_shown_is_short_printable_and_masked() -> None:
    """Names, titles and texts from the answer are an attacker's: no control sign, no secret, no length of theirs."""
    name = "db\n\x1b[31m" + "x" * 1000
    shown = [*json_of({"components": {name: {"status": "down"}}}).because]
    shown += read(status=200, body="OK password=hunter2hunter2 bearer abcdefgh12345678").because
    shown += read(status=502, headers=PAGE, body="<html><title>\u202eann@shop.example</title></html>").because
    for words in shown:
        assert words.isprintable()
        assert len(words) < 120
        assert not any(secret in words for secret in ("hunter2", "abcdefgh12345678", "ann@"))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["ok", "down", "degraded"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["status", "checks", "db", "details", "data"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.integers(),
    st.dictionaries(st.text(max_size=20), st.text(max_size=30), max_size=3),
    st.binary(max_size=300) | anything.map(json.dumps),
)
def test_no_answer_whatever_raises(status: int, headers: dict[str, str], body: str | bytes) -> None:
    """Whatever comes back gives a reading; a server error is never up."""
    reading = read(status=status, headers=headers, body=body)
    assert reading.state in {"up", "degraded", "down", "unknown"}
    assert not (status >= 500 and reading.state == "up")


HOSTILE = [
    "<" * BODY_MAX,
    "<script" * (BODY_MAX // 7),
    "<title>" * (BODY_MAX // 7),
    "<html>" + "<a " * (BODY_MAX // 3 - 10),
    '{"status":"' + "not " * (BODY_MAX // 4 - 10) + '"}',
    '{"checks":[' + '{"name":"a","status":"down"},' * 8000 + '{"name":"b"}]}',
    "{" + ",".join(f'"k{n}":{{"status":"down"}}' for n in range(9000)) + "}",
    "[+]a ok\n" * (BODY_MAX // 8),
    "ok " * (BODY_MAX // 3),
    "[1" + ",1" * (BODY_MAX // 2 - 10) + "]",
    '{"a":' + "9" * 100_000 + "}",
]


@pytest.mark.parametrize("body", HOSTILE, ids=[body[:20] for body in HOSTILE])
def test_hostile_bodies_are_read_in_bounded_time(body: str) -> None:
    """The largest body of the worst shape costs a fraction of a second, and names at most fifty components."""
    began = time.process_time()
    reading = read(status=200, headers=PAGE, body=body)
    assert time.process_time() - began < 0.5
    assert len(reading.failed_components) <= 50


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_an_empty_body_says_nothing_where_one_was_announced(kind: str) -> None:
    """Who announces JSON or a page and sends nothing has not said that it is well; 204 goes without a body."""
    assert read(status=200, headers={"content-type": kind}, body="").state == "unknown"
    assert read(status=204, headers={"content-type": kind}, body="").state == "up"
    assert read(status=200, headers={}, body="").state == "up"


def test_maintenance_is_announced_in_other_languages_too() -> None:
    """A planned downtime wakes nobody, whoever wrote the page."""
    page = "<html><title>Wartung</title><body>Geplante Wartung bis 05:00 Uhr</body></html>"
    reading = read(status=503, headers={**PAGE, "retry-after": "7200"}, body=page)
    assert (reading.state, reading.announced) == ("down", True)
