"""The commands that speak to the daemon: words, exit codes, and what they do when nobody answers."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.answering import DONE, ask, daemon, incident, opened, suspicion
from watcher.cli import words
from watcher.incident import compose
from watcher.incident.compose import QUIET_DISMISSED, QUIET_RESOLVED


def test_an_acknowledgement_says_who_acts_and_what_came_of_it() -> None:
    """The id goes as it was typed, the name is --as or the user's, the token is the file's."""
    with daemon(incidents__inc_1__ack=DONE, incidents__INC_1__ack=DONE) as server:
        found = ask("ack", "inc-1", url=server.url)
        named = ask("ack", "INC-1", "--as", "bob", "--json", url=server.url)
    assert (found.exit_code, found.output) == (
        0,
        "INC-1: ann acknowledged by api, until 03:30 UTC\nwatcher show INC-1\n",
    )
    assert json.loads(named.output)["id"] == "INC-1"
    posted = [body for method, _, body, _ in server.asked if method == "POST"]
    assert posted == [{"as": "ann"}, {"as": "bob"}]


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (("resolve", "INC-1", "restarted", "it"), "INC-1/resolve", {"as": "ann", "text": "restarted it"}),
        (("false-alarm", "INC-1"), "INC-1/false-alarm", {"as": "ann"}),
        (("note", "INC-1", "looking"), "INC-1/note", {"as": "ann", "text": "looking"}),
        (("note", "SUS-1", "looking"), "SUS-1/note", {"as": "ann", "text": "looking"}),
        (("take", "INC-1", "--as", "bob"), "INC-1/take", {"as": "bob"}),
        (("escalate", "INC-1"), "INC-1/escalate", {"as": "ann"}),
        (("ack", "SUS-1"), "SUS-1/ack", {"as": "ann"}),
        (("confirm", "SUS-1"), "SUS-1/confirm", {"as": "ann"}),
        (("not-p0", "SUS-1", "a test"), "SUS-1/not-p0", {"as": "ann", "text": "a test"}),
        (("ack", "7"), "INC-7/ack", {"as": "ann"}),
        (("confirm", "7"), "SUS-7/confirm", {"as": "ann"}),
        (("ack", "../../x"), "..%2F..%2Fx/ack", {"as": "ann"}),
    ],
)
def test_each_verb_is_one_request(arguments: tuple[str, ...], path: str, body: dict[str, str]) -> None:
    """A command is a POST to its own address, and an id cannot leave it."""
    with daemon() as server:
        ask(*arguments, url=server.url)
    assert [(method, at, sent) for method, at, sent, _ in server.asked] == [
        ("POST", f"/api/v1/incidents/{path}", body)
    ]


def test_whoever_takes_it_reads_what_to_do_first() -> None:
    """The headline follows the acknowledgement, and where the rest is."""
    advice = {"headline": "ROLL BACK to 2.41.0"}
    took = (200, {**incident(7), "said": ["ann acknowledged"], "recommendation": advice})
    with daemon(incidents__INC_7__ack=took) as server:
        found = ask("ack", "7", url=server.url)
    assert found.output == "INC-7: ann acknowledged\nROLL BACK to 2.41.0\nwatcher show INC-7\n"


def test_a_name_that_is_no_contact_is_warned_of() -> None:
    """It is taken all the same; JSON stays JSON, and a daemon that does not say keeps nobody waiting."""
    known = (200, {"ok": True, "contacts": ["ann", "bob"]})
    with daemon(incidents__INC_1__ack=DONE, status=known) as server:
        zed = ask("ack", "INC-1", "--as", "zed", "--json", url=server.url)
        bob = ask("ack", "INC-1", "--as", "Bob", url=server.url)
    with daemon(incidents__INC_1__ack=DONE) as server:
        unsaid = ask("ack", "INC-1", "--as", "zed", url=server.url)
    warning = "zed is no contact of this configuration (ann, bob); --as NAME says who acts\n"
    assert (zed.exit_code, zed.stderr, json.loads(zed.stdout)["id"]) == (0, warning, "INC-1")
    assert (bob.stderr, unsaid.stderr, unsaid.exit_code) == ("", "", 0)


@pytest.mark.parametrize(
    ("verb", "status", "quiet"),
    [("resolve", "resolved", QUIET_RESOLVED), ("false-alarm", "false_alarm", QUIET_DISMISSED)],
)
def test_what_still_fails_when_it_is_closed_is_said(verb: str, status: str, quiet: timedelta) -> None:
    """Nobody closes an outage unawares: what fails, and for how long it pages nobody, as the daemon keeps it."""
    signals = [
        {"title": "api is down", "failing": True},
        {"title": "web is down", "failing": False},
        {"title": "charged twice", "failing": True, "source": "report:declare"},
    ]
    answer = (200, {**incident(1, status=status), "said": ["resolved by ann"], "signals": signals})
    with daemon() as server:
        server.answers = {f"/api/v1/incidents/INC-1/{verb}": answer}
        found = ask(verb, "INC-1", url=server.url)
    span = compose.spell(quiet)
    last = f"it still fails: api is down; it pages nobody for {span}, or until it was clean once"
    assert found.output == f"INC-1: resolved by ann\n{last}\n"


def test_ack_without_an_id_takes_the_only_open_incident() -> None:
    """At 3 a.m. nobody types an id; where there are several they are listed, and nothing is taken."""
    with daemon(incidents=opened(incident(1)), incidents__INC_1__ack=DONE) as server:
        assert ask("ack", url=server.url).exit_code == 0
        assert server.asked[1][:2] == ("POST", "/api/v1/incidents/INC-1/ack")
    with daemon(incidents=opened(incident(1), incident(2, acknowledged_by="bob"))) as server:
        several = ask("ack", url=server.url)
        assert several.exit_code == 2
        assert "INC-1  outage  investigating, since" in several.output
        assert "bob has it" in several.output
    with daemon(incidents=opened()) as server:
        none = ask("ack", url=server.url)
    assert (none.exit_code, none.output) == (1, "no incident is open\n")


def test_without_an_id_each_command_takes_what_it_can_mean() -> None:
    """An incident comes before a suspicion; take and escalate mean incidents, confirm means suspicions."""
    both = opened(incident(1), suspicion(1))
    with daemon(incidents=both, incidents__INC_1__take=DONE, incidents__INC_1__ack=DONE) as server:
        for verb in ("ack", "take", "escalate", "confirm"):
            ask(verb, url=server.url)
        posts = [path for method, path, *_ in server.asked if method == "POST"]
    assert posts == [
        f"/api/v1/incidents/{end}" for end in ("INC-1/ack", "INC-1/take", "INC-1/escalate", "SUS-1/confirm")
    ]
    with daemon(incidents=opened(suspicion(1)), incidents__SUS_1__ack=DONE) as server:
        assert ask("ack", url=server.url).exit_code == 0
        assert ask("take", url=server.url).output == "no incident is open\n"
    with daemon(incidents=opened(suspicion(1), suspicion(2))) as server:
        several = ask("confirm", url=server.url)
    assert several.exit_code == 2
    assert several.output.startswith("which one?\n  watcher confirm SUS-1\n")


@pytest.mark.parametrize(
    ("status", "code"), [(404, 1), (409, 1), (422, 1), (400, 2), (403, 2), (429, 2), (500, 3), (503, 3)]
)
def test_the_exit_code_says_whose_fault_it_is(status: int, code: int) -> None:
    """1 the answer is no, 2 we asked wrongly, 3 the daemon cannot; its own words are shown."""
    with daemon(reload=(status, {"error": "because", "faults": ["watcher.yaml:3:1: no"]})) as server:
        found = ask("reload", url=server.url)
    assert (found.exit_code, found.output) == (code, "because\n  watcher.yaml:3:1: no\n")


def test_nobody_at_home_is_exit_3_with_what_to_do() -> None:
    """The address, the reason, and where to look."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        found = ask("status", url=url)
    expected = (
        f"cannot reach the daemon at {url}: connection refused; is it running? systemctl status watcher\n"
        "to read without it: watcher incidents --log PATH\n"
    )
    assert (found.exit_code, found.output) == (3, expected)


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"", b"[1", [], {"hello": "there"}])
def test_something_else_that_answers_is_not_the_daemon(answer: object) -> None:
    """A foreign page is named as one, not printed and not a crash, whatever was asked of it."""
    with daemon(status=(200, answer), incidents=(200, answer), declare=(404, answer)) as server:
        asked = [("status",), ("incidents",), ("ack",), ("declare", "--category", "outage", "x")]
        answers = [ask(*arguments, url=server.url) for arguments in asked]
    for found in answers:
        assert found.exit_code == 3
        assert f"that is not the watcher: {server.url}" in found.output
        assert "hello" not in found.output


def test_a_proxy_without_its_daemon_is_a_daemon_that_cannot_be_reached() -> None:
    """A page with status 502 is no watcher of another kind."""
    with daemon(status=(502, b"<html>Bad Gateway</html>")) as server:
        found = ask("status", url=server.url)
    assert (found.exit_code, "status 502" in found.output, "--log" in found.output) == (3, True, True)


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://[", "http://", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_said_so(url: str) -> None:
    """No traceback, whatever was given."""
    found = ask("status", url=url)
    assert (found.exit_code, found.output) == (2, f"{url} is no address; write http://HOST:PORT\n")


def test_the_status_says_how_each_endpoint_answered(tmp_path: Path) -> None:
    """up, degraded, down or unknown; of what has no health, whether it is seen."""
    names = {"health:api": "up", "health:app": "unknown", "health:db": "down", "sentry:shop": None}
    looked = {"state": "seeing", "looked_at": "2026-11-25T03:00:00+00:00", "blind_since": None}
    found = {
        "ok": True,
        "version": "1",
        "service": "shop",
        "turned_at": None,
        "sources": [{"name": name, "health": health, **looked} for name, health in names.items()],
        "silences": [],
        "pages_pending": 0,
        "incidents": [],
        "suspicions": [],
    }
    with daemon(status=(200, found)) as server:
        answer = ask("status", url=server.url)
    lines = [line.strip() for line in answer.output.splitlines() if "looked" in line]
    assert lines == [
        f"{name}  {health or 'seeing'}, looked 2026-11-25 03:00 UTC" for name, health in names.items()
    ]


def test_the_last_turn_is_said_in_seconds() -> None:
    """A daemon that turned four seconds ago is alive; a clock that differs is no reason for nonsense."""
    turned = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    found = {"ok": True, "version": "1", "service": "shop", "turned_at": turned.isoformat(), "sources": []}
    found |= {"silences": [], "pages_pending": 0, "incidents": [], "suspicions": []}
    for later, said in ((4, "4 s ago"), (-4, "2026-11-25 03:00:00 UTC"), (7200, "2026-11-25 03:00:00 UTC")):
        text = words.status(found, turned + timedelta(seconds=later))
        assert text.splitlines()[0] == f"shop: watching, watcher 1, last turn {said}"


def test_an_unwell_daemon_is_exit_1(tmp_path: Path) -> None:
    """`status` answers the question whether it watches."""
    source = {
        "name": "health:api",
        "state": "blind",
        "looked_at": None,
        "blind_since": "2026-11-25T03:00:00+00:00",
    }
    found = {
        "ok": False,
        "version": "1",
        "service": "shop",
        "turned_at": None,
        "sources": [{**source, "reason": "timeout", "detail": ""}],
        "silences": [],
        "pages_pending": 2,
        "incidents": [],
        "suspicions": [],
    }
    with daemon(status=(200, found)) as server:
        answer = ask("status", url=server.url)
    assert answer.exit_code == 1
    assert "NOT WATCHING" in answer.output
    assert "health:api  BLIND since 2026-11-25 03:00 UTC (timeout)" in answer.output
    assert "2 pages still owed" in answer.output
