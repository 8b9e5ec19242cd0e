"""The page that somebody reads in the dark: what to do first, and what, who and the action before anything else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support import T0, Dialogue, sign
from tests.view.six_nights import NIGHTS, shown
from watcher.incident import compose

FIRST = {
    "a release nine minutes before": "ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)",
    "the cause is known and quick to fix": "HOTFIX: the cause is known and the fix is quick (about 15 min)",
    "whether anything was deployed is unknown": "UNDECIDED. First: was anything deployed in the last 24 h, and when?",
    "a third party is down": "stripe is down: rollback will not help. First: fail over to another provider",
    "the release holds a migration": "DO NOT ROLL BACK YET: 2.41.1 holds a migration. First: can it be reversed?",
    "nothing was deployed": "Nothing deployed in 24 h: rollback will not help. First: restart what fails",
}
LETTERS = 200
"""What a phone shows before it is unlocked and scrolled."""


@pytest.mark.parametrize("name", NIGHTS)
def test_the_first_line_is_the_action(name: str) -> None:
    """Nothing stands before it, and at most who is to be asked behind."""
    line = shown(name).body.splitlines()[0]
    assert line.partition(" (ask ")[0] == FIRST[name]


@pytest.mark.parametrize("name", NIGHTS)
def test_the_first_letters_say_what_and_who_and_the_action(name: str) -> None:
    """Title and body together, as a lock screen shows them."""
    sent = shown(name)
    seen = f"{sent.title}\n{sent.body}"[:LETTERS]
    assert "CallbackRouteError: sign in failed" in seen
    assert FIRST[name] in seen
    assert re.search(r"\nWho: (10 %|at least)", seen)


@pytest.mark.parametrize("name", NIGHTS)
def test_the_title_says_what_failed_before_how_far_it_is(name: str) -> None:
    """Whoever reads the first words of it knows which incident this is."""
    title = shown(name).title
    assert title.startswith("INC-7 shop: ")
    assert title.index("sign in failed") < (title + "unacknowledged").index("unacknowledged")


@pytest.mark.parametrize("name", NIGHTS)
def test_no_line_says_what_another_has_said(name: str) -> None:
    """The reasons do not repeat the headline, and contradict nobody: the share that is counted is not unknown."""
    body = shown(name).body
    lines = body.splitlines()
    assert len(set(lines)) == len([line for line in lines if line]) + 1
    assert body.count("would undo nothing") == 0
    assert body.count("went out 9 min before") <= 1
    assert body.count("10 %") <= 1
    assert "one system fails" not in body
    assert ("Who: 10 %" in body) + ("the share of affected users is unknown" in body) == 1


def test_a_command_stands_where_there_is_an_action_and_nowhere_else() -> None:
    """The rollback and the hotfix can be copied; where a person must think first there is nothing to paste."""
    typed = {name: "\nType: " in shown(name).body for name in NIGHTS}
    assert [name for name, has in typed.items() if has] == list(NIGHTS)[:2]


LONG = "503; status is down; database: connection to server at 10.0.0.5 port 5432 failed: too many clients already"


def down(reason: str, because: str) -> tuple[str, str]:
    """The title and the lines of the first page of an endpoint that failed for this reason."""
    failed = sign(source="health:api", title=f"api: {reason}", because=(because,), users=None)
    title, lines = compose.opened(Dialogue(failed).state, T0 + timedelta(seconds=40))
    return title, "\n".join(lines)


@pytest.mark.parametrize("reason", ["refused", "a login page answered (200): it does not speak of health"])
def test_the_reason_of_a_health_endpoint_is_said_once(reason: str) -> None:
    """In the title, where it fits; the rule's words then leave it out."""
    title, body = down(reason, f"api is down: {reason}")
    assert f"{title}\n{body}".count(reason) == 1
    assert "Why a P0: api is down\n" in body


def test_a_reason_that_the_title_cuts_is_said_whole_below_it() -> None:
    """Once: the rule quotes the beginning of the same words, and is not repeated."""
    title, body = down(LONG, f"api is down: {LONG[:80]}\u2026")
    assert LONG in body
    assert body.count("too many clients") == 1
    assert "Why a P0: api is down\n" in body
    assert len(title) <= compose.TITLE_MAX


@pytest.mark.parametrize("room", range(12, 60))
def test_a_title_is_cut_between_words(room: int) -> None:
    """Never within one, where there is a space to cut at; and what is cut says so."""
    words = "connection to server failed: too many clients already, sorry"
    kept = compose.cut(words, room)
    assert len(kept) <= room
    assert kept.endswith("\u2026")
    assert words[len(kept) - 1] in " :,"
    assert compose.cut(words, 100) == words
    assert compose.cut("x" * 50, 10) == "x" * 9 + "\u2026"


def test_the_mark_behind_a_long_matter_stays() -> None:
    """How far it is stands at the end of the title, whatever the matter's length."""
    talk = Dialogue(sign(title="word " * 60)).accepts().at("3:00")
    title = talk.pages[-1].title
    assert title.endswith("\u2026 (unacknowledged 3 min)")
    assert len(title) <= compose.TITLE_MAX
