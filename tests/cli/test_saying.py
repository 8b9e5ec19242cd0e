"""declare, report and silence: what is sent, what is said of it, and the exit code."""

from __future__ import annotations

import json

import pytest

from tests.cli.answering import ask, daemon


def heard(outcome: str, id_: str | None, because: str) -> tuple[int, dict[str, str | None]]:
    return 200, {"outcome": outcome, "id": id_, "because": because}


def test_a_declared_p0_says_which_incident_is_open() -> None:
    """Category, words, place and author go as they were given; the answer begins with the id."""
    with daemon(declare=heard("incident", "INC-2", "declared by ann")) as server:
        found = ask(
            "declare", "--category", "payments", "charged", "twice", "--system", "billing", url=server.url
        )
    assert server.asked[0][2] == {
        "category": "payments",
        "text": "charged twice",
        "system": "billing",
        "as": "ann",
    }
    assert found.output == "INC-2: an incident is open, and the on-call is paged (declared by ann)\n"
    assert found.exit_code == 0


def test_the_on_call_who_declares_hears_that_nobody_else_was_paged() -> None:
    """The one to wake is awake, and knows that it lies with them alone."""
    answer = heard("incident", "INC-4", "declared by ann")
    answer[1]["acknowledged_by"] = "ann"
    with daemon(declare=answer) as server:
        found = ask("declare", "--category", "payments", "charged twice", url=server.url)
    assert found.output == "INC-4 is open and yours; nobody else was paged (declared by ann)\n"


def test_a_category_that_is_none_is_exit_2_and_nothing_is_sent() -> None:
    """The five are named."""
    with daemon() as server:
        found = ask("declare", "--category", "slow", "the site is slow", url=server.url)
    assert (found.exit_code, server.asked) == (2, [])
    for category in ("authentication", "data-loss", "payments", "security", "outage"):
        assert category in found.output


@pytest.mark.parametrize(
    ("answer", "output", "code"),
    [
        (
            heard("suspicion", "SUS-1", "a person reports lost data"),
            "SUS-1: a suspicion; the on-call is told (a person reports lost data)\n",
            0,
        ),
        (
            heard("joined", "INC-1", "it is known"),
            "INC-1: known already; your words were added (it is known)\n",
            0,
        ),
        (
            heard("none", None, "no rule speaks of this"),
            "no rule speaks of this: nothing comes of it. If it is a P0: watcher declare --category CATEGORY TEXT\n",
            1,
        ),
    ],
)
def test_a_report_hears_what_became_of_it(answer: tuple[int, object], output: str, code: int) -> None:
    """The outcome, why, and the id; where nothing comes of it the exit code is 1, and the next step is named."""
    with daemon(report=answer) as server:
        found = ask("report", "my", "data is gone", "--environment", "eu", "--as", "bob", url=server.url)
        machine = ask("report", "x", "--json", url=server.url)
    assert server.asked[0][2] == {"text": "my data is gone", "environment": "eu", "as": "bob"}
    assert (found.output, found.exit_code) == (output, code)
    assert (json.loads(machine.output), machine.exit_code) == (answer[1], code)


HELD = {
    "silence": 3,
    "match": {"system": "api"},
    "until": "2026-11-25T05:00:00+00:00",
    "by": "ann",
    "because": "moving",
}


def test_a_silence_begins_is_listed_and_ends() -> None:
    """Three requests; each answer says what holds now."""
    answers = {"silences": (200, {"silences": [HELD]})}
    with daemon(**answers) as server:
        server.answers["/api/v1/silences/3?as=ann"] = (
            200,
            {"said": ["silence 3 ended by ann"], "silences": []},
        )
        begun = ask(
            "silence",
            "--match",
            "system=api",
            "--match",
            "key=a=b",
            "--for",
            "2h",
            "--because",
            "moving",
            url=server.url,
        )
        listed = ask("silence", "--list", url=server.url)
        ended = ask("silence", "--end", "3", url=server.url)
    assert [(method, body) for method, _, body, _ in server.asked] == [
        (
            "POST",
            {"match": {"system": "api", "key": "a=b"}, "for": "2h", "because": "moving", "as": "ann"},
        ),
        ("GET", None),
        ("DELETE", None),
    ]
    line = "silence 3: system=api until 2026-11-25 05:00 UTC by ann: moving\n"
    assert (begun.output, listed.output) == (line, line)
    assert ended.output == "silence 3 ended by ann\nno silence holds\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say one thing"),
        (("--list", "--end", "3"), "say one thing"),
        (("--match", "system=api", "--list"), "say one thing"),
        (("--match", "system=api"), "also needs --for and --because"),
        (("--for", "2h", "--because", "x"), "also needs --match"),
        (("--match", "system", "--for", "2h", "--because", "x"), "write KEY=VALUE"),
        (("--match", "a=1", "--match", "a=2", "--for", "2h", "--because", "x"), "stands twice"),
        (("--end", "0"), "--end"),
    ],
)
def test_half_a_silence_is_exit_2_and_nothing_is_sent(arguments: tuple[str, ...], said: str) -> None:
    """What is missing is named before the daemon is asked."""
    with daemon() as server:
        found = ask("silence", *arguments, url=server.url)
    assert (found.exit_code, said in found.output, server.asked) == (2, True, [])


def test_a_confirmed_suspicion_says_which_incident_is_open() -> None:
    """Whoever confirms needs the incident's id next."""
    answer = (200, {"id": "SUS-1", "said": ["ann says that it is a P0"], "incident": "INC-4"})
    with daemon(incidents__SUS_1__confirm=answer) as server:
        found = ask("confirm", "SUS-1", url=server.url)
    assert found.output == "SUS-1: ann says that it is a P0\nINC-4: this incident is open now\n"


def test_who_has_it_is_said_with_its_end() -> None:
    """An acknowledgement ends by itself, so its end is part of it."""
    held = {
        "id": "SUS-1",
        "category": "payments",
        "status": "suspected",
        "title": "x",
        "detected_at": HELD["until"],
        "acknowledged_by": "bob",
        "acknowledged_until": HELD["until"],
    }
    with daemon(incidents=(200, {"incidents": [], "suspicions": [held]})) as server:
        found = ask("incidents", url=server.url)
    assert "bob has it until 2026-11-25 05:00 UTC" in found.output
