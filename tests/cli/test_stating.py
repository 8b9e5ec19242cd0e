"""What people know and choose, from the command line: one request each, and the recommendation that follows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.answering import ask, daemon, incident

ADVICE: dict[str, Any] = {
    "choice": "rollback",
    "letter": "hotfix",
    "headline": "ROLL BACK to 2.41.0",
    "because": ["60 % of the users are affected"],
    "blockers": ["a migration"],
    "missing": ["is the release before still there?"],
}
COMMANDS = [{"title": "Roll back to 2.41.0", "text": "docker compose pull web\ndocker compose up -d web"}]
STATED = (
    200,
    {**incident(1), "said": ["ann states: affected is 60"], "recommendation": ADVICE, "commands": COMMANDS},
)


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (("--root-cause", "a typo", "--fix-minutes", "15"), {"root_cause": "a typo", "fix_minutes": 15}),
        (("--isolated", "yes", "--migration", "no"), {"isolated": True, "migration": False}),
        (("--affected", "0", "--third-party", "stripe"), {"affected": 0, "third_party": "stripe"}),
        (("--previous-release", "no"), {"previous_release": False}),
        (("--data-written", "yes"), {"data_written": True}),
        (("--unknown", "root-cause", "--unknown", "affected"), {"root_cause": None, "affected": None}),
    ],
)
def test_each_fact_is_a_field(arguments: tuple[str, ...], body: dict[str, Any]) -> None:
    """Yes is true, a number is a number, what is taken back is null, and what was not said is not sent."""
    with daemon() as server:
        ask("state", "INC-1", *arguments, url=server.url)
    assert [(method, at, sent) for method, at, sent, _ in server.asked] == [
        ("POST", "/api/v1/incidents/INC-1/state", {"as": "ann", **body})
    ]


def test_stating_prints_what_to_do_now_and_what_to_type() -> None:
    """The new recommendation follows the statement, with its reasons, its open questions and its commands."""
    with daemon(incidents__INC_1__state=STATED) as server:
        found = ask("state", "INC-1", "--affected", "60", url=server.url)
    assert found.exit_code == 0
    assert found.output.splitlines() == [
        "INC-1: ann states: affected is 60",
        "",
        "ROLL BACK to 2.41.0",
        "  because 60 % of the users are affected",
        "  blocker: a migration",
        "  would decide it: is the release before still there?",
        "  the protocol's letter says: hotfix",
        "",
        "# Roll back to 2.41.0",
        "docker compose pull web",
        "docker compose up -d web",
    ]


@pytest.mark.parametrize(
    "arguments",
    [(), ("--affected", "-1"), ("--isolated", "perhaps"), ("--isolated", "yes", "--unknown", "isolated")],
)
def test_what_cannot_be_a_statement_is_not_sent(arguments: tuple[str, ...]) -> None:
    """Nothing, a negative number, a third answer, and both at once are faults of usage."""
    with daemon() as server:
        found = ask("state", "INC-1", *arguments, url=server.url)
    assert (found.exit_code, server.asked) == (2, [])


def test_a_decision_and_a_judgement_are_one_request_each() -> None:
    """The choice and its reason; afterwards right or wrong."""
    with daemon(incidents__INC_1__decide=STATED) as server:
        said = ask("decide", "INC-1", "rollback", "no", "doubt", "--as", "bob", url=server.url)
        ask("judge-advice", "INC-1", "wrong", url=server.url)
        unknown = ask("decide", "INC-1", "restart", url=server.url)
    assert [sent for _, _, sent, _ in server.asked] == [
        {"as": "bob", "choice": "rollback", "text": "no doubt"},
        {"as": "ann", "right": False},
    ]
    assert [path for _, path, _, _ in server.asked] == [
        "/api/v1/incidents/INC-1/decide",
        "/api/v1/incidents/INC-1/judge-advice",
    ]
    assert (unknown.exit_code, said.output.splitlines()[-1]) == (2, "docker compose up -d web")


def test_who_closes_an_incident_is_asked_whether_the_recommendation_was_right() -> None:
    """Once, where there was one; and the status counts what was answered."""
    closed = {**incident(1, status="resolved"), "said": ["resolved by ann"], "recommendation": ADVICE}
    with daemon(incidents__INC_1__resolve=(200, closed)) as server:
        asked = ask("resolve", "INC-1", url=server.url).output
    with daemon(incidents__INC_1__resolve=(200, {**closed, "judged": {"right": True}})) as server:
        judged = ask("resolve", "INC-1", url=server.url).output
    assert asked.endswith("was the recommendation right? watcher judge-advice INC-1 right|wrong\n")
    assert judged == "INC-1: resolved by ann\n"


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        (
            (2, 1, 1, 2, 0),
            "recommendations: followed 2, not followed 1, decided without one 1; judged right 2, wrong 0",
        ),
        ((2, 0, 0, 0, 0), "recommendations: followed 2, not followed 0; judged right 0, wrong 0"),
        ((0, 0, 0, 0, 0), None),
    ],
)
def test_the_status_says_how_the_recommendations_served(counts: tuple[int, ...], line: str | None) -> None:
    """As counts, without a rate: of three nights nobody makes a percentage."""
    names = ("followed", "not_followed", "unadvised", "right", "wrong")
    stands = {
        "ok": True,
        "service": "shop",
        "version": "1",
        "turned_at": None,
        "sources": [],
        "silences": [],
        "pages_pending": 0,
        "incidents": [],
        "suspicions": [],
        "advice": dict(zip(names, counts, strict=True)),
    }
    with daemon(status=(200, stands)) as server:
        lines = ask("status", url=server.url).output.splitlines()
    assert [text.strip() for text in lines if "recommendations" in text] == ([line] if line else [])
