"""Commands without an id: the only one that is open is meant, and said; of several none is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.answering import DONE, Daemon, ask, daemon, incident, opened, suspicion
from tests.support import Dialogue
from watcher.log import Append
from watcher.log.sqlite import SqliteLog

ONE = {"incidents": opened(incident(1))}
SAID = "INC-1 is the only one that is open: the API is down\n"


def posts(server: Daemon) -> list[tuple[str, Any]]:
    return [
        (path.rpartition("incidents/")[2], body) for method, path, body, _ in server.asked if method == "POST"
    ]


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (("resolve",), "INC-1/resolve", {}),
        (("resolve", "restarted", "it"), "INC-1/resolve", {"text": "restarted it"}),
        (("false-alarm", "a", "test"), "INC-1/false-alarm", {"text": "a test"}),
        (("note", "3 users called"), "INC-1/note", {"text": "3 users called"}),
        (("note", "--", "-5", "percent"), "INC-1/note", {"text": "-5 percent"}),
        (
            ("decide", "rollback", "no cause yet"),
            "INC-1/decide",
            {"choice": "rollback", "text": "no cause yet"},
        ),
        (("state", "--affected", "70"), "INC-1/state", {"affected": 70}),
        (("tick", "smoke-test"), "INC-1/tick", {"item": "smoke-test"}),
        (("update", "we", "look"), "INC-1/update", {"text": "we look"}),
        (("deployed", "--version", "2.41.2"), "INC-1/deployed", {"version": "2.41.2"}),
        (("release",), "INC-1/release", {}),
        (("take",), "INC-1/take", {}),
    ],
)
def test_without_an_id_the_only_one_is_meant_and_said(
    arguments: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    """At 3 a.m. nobody types an id; options may stand before the words, and what is no id is the text."""
    with daemon(**ONE) as server:
        found = ask(arguments[0], "--as", "bob", *arguments[1:], url=server.url)
    assert posts(server) == [(path, {"as": "bob", **body})], found.output
    assert found.output.startswith(SAID)


@pytest.mark.parametrize(
    "arguments", [("resolve", "it", "is over"), ("decide", "rollback"), ("update", "we look")]
)
def test_of_several_none_is_taken_and_each_is_listed_with_what_to_type(arguments: tuple[str, ...]) -> None:
    """The command stands there as it was typed, with the id in its place."""
    with daemon(incidents=opened(incident(1), incident(2, drill=True, title="DRILL: gone"))) as server:
        found = ask(arguments[0], "--as", "bob", *arguments[1:], url=server.url)
    typed = " ".join(f"'{word}'" if " " in word else word for word in arguments[1:])
    assert (found.exit_code, posts(server)) == (2, [])
    assert found.output.splitlines()[:4] == [
        "which one?",
        f"  watcher {arguments[0]} --as bob INC-1 {typed}",
        "    INC-1  outage  investigating, since 2026-11-25 03:00 UTC: the API is down",
        f"  watcher {arguments[0]} --as bob INC-2 {typed}",
    ]
    assert found.output.splitlines()[4].startswith("    INC-2  DRILL  outage  investigating")


def test_a_word_that_may_be_an_id_is_one() -> None:
    """INC-7, sus-7, 7: what looks like an id goes to the daemon, which knows whether there is one."""
    with daemon(incidents__INC_7__resolve=DONE, incidents__sus_7__note=DONE) as server:
        ask("resolve", "7", "done", url=server.url)
        ask("note", "sus-7", "looking", url=server.url)
    assert posts(server) == [
        ("INC-7/resolve", {"as": "ann", "text": "done"}),
        ("sus-7/note", {"as": "ann", "text": "looking"}),
    ]


def test_an_option_without_its_value_is_still_a_mistake() -> None:
    """The place of an id that is left out is not taken for it."""
    found = ask("resolve", "--as")
    assert (found.exit_code, "requires an argument" in found.output) == (2, True)


def test_no_suspicion_takes_its_answer_from_an_incident() -> None:
    """`not-p0 TEXT` means the only suspicion, however many incidents are open."""
    both = opened(incident(1), incident(2), suspicion(4))
    with daemon(incidents=both) as server:
        ask("not-p0", "a", "test", "account", url=server.url)
    assert posts(server) == [("SUS-4/not-p0", {"as": "ann", "text": "a test account"})]


def test_show_and_the_documents_mean_the_only_one_too_and_in_a_log(tmp_path: Path) -> None:
    """Also while the daemon is dead."""
    talk, kept = Dialogue(), SqliteLog(tmp_path / "watcher.db")
    columns = {"status": "investigating", "title": "x", "category": "outage", "environment": "production"}
    kept.append(
        [
            Append(
                stream="incident/7",
                kind="incident",
                expected_version=0,
                events=tuple(talk.log),
                columns={**columns, "detected_at": talk.now},
            )
        ],
        {},
    )
    kept.close()
    for verb in ("show", "checklist", "postmortem"):
        found = ask(verb, "--log", str(tmp_path / "watcher.db"))
        assert (found.exit_code, "INC-7 is the only one that is open" in found.output) == (0, True), (
            found.output
        )
