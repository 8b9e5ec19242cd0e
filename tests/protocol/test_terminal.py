"""What a terminal shows of the two hours: the clock, the fix, what is left; colours and redrawing only where they work."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.cli.answering import ask, daemon, incident
from tests.protocol.stage import Night, played
from tests.support import T0
from tests.theatre import clock
from tests.virtual import run
from watcher.cli import watching
from watcher.cli.course import course, spell
from watcher.cli.paint import coloured, paint
from watcher.cli.watching import fitting

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def lines_of(text: str) -> list[str]:
    """What stands between the advice and the pages."""
    return text.split("\nLast page", maxsplit=1)[0].splitlines()


def shown(**changes: Any) -> dict[str, Any]:
    """An incident as the daemon tells it, fourteen minutes old."""
    asks = {
        "checkpoint": "decided",
        "asks": "decide",
        "due_at": "2026-11-25T03:10:00+00:00",
        "late_seconds": 0.0,
    }
    plain = incident(
        1,
        target_at="2026-11-25T05:00:00+00:00",
        checkpoints=[{**asks, "standing": "missed"}],
        next_checkpoint={**asks, "asks": "tell the stakeholders", "due_at": "2026-11-25T03:15:00+00:00"},
        checklist=[
            {"item": "paged", "phase": "assess", "done": True, "can_tick": False},
            {"item": "error-rate", "phase": "assess", "done": False, "can_tick": True},
            {"item": "postmortem", "phase": "after", "done": False, "can_tick": True},
        ],
        deployment=None,
        updates={"held_back": False, "sent": [], "next_at": None},
        mitigated_at=None,
        closed_at=None,
        recommendation=None,
        pages=[],
        timeline=[],
    )
    return {**plain, **changes}


AT = T0 + timedelta(minutes=14)


def test_show_tells_the_clock_the_fix_and_what_is_left() -> None:
    """From the daemon itself: minute and target, what is due and when, what was deployed and whether it holds."""

    async def life(night: Night) -> None:
        await night.breaks()
        await night.watcher("ack", "INC-1")
        await night.watcher("decide", "INC-1", "rollback")
        await night.at(12)
        night.town.deploys("2.41.0")
        await night.watcher("deployed", "INC-1", "--version", "2.41.0")
        lines = lines_of(await night.watcher("show", "INC-1", "--utc"))
        assert any(
            line.startswith("Clock: minute ") and "the target is 2026-11-25 05:04 UTC" in line
            for line in lines
        )
        assert any(line.startswith("  next by 2026-11-25 03:49 UTC") for line in lines)
        assert any(
            line.startswith("Fix: rolled back to 2.41.0") and line.endswith("being verified")
            for line in lines
        )
        assert "  production is behind 2.41.1: a newer release has to follow" in lines
        assert any(line.startswith("To tick (watcher tick INC-1 ITEM): verified") for line in lines)
        await night.at(20)
        over = await night.watcher("show", "INC-1", "--utc")
        assert "Clock: over after 17 min of 2 h 0 min" in over
        assert "ROLL BACK to" not in lines_of(over)

    played(life)


def test_the_clock_says_what_was_missed_and_what_is_due() -> None:
    """With the minutes that are left; a checkpoint that lapsed stays in sight."""
    lines = course(shown(), AT)
    assert lines[1].startswith("Clock: minute 14 of 120")
    assert "(in 1 min): tell the stakeholders" in lines[2]
    assert lines[3].startswith("  missed: decide")


@pytest.mark.parametrize(
    "verification", ["passed", "failed", "quiet", "not seen", "under way", "ended", "another"]
)
def test_every_word_for_a_verification_is_told(verification: str) -> None:
    """What a person can do about it stands beside it, with the id to type."""
    fix = {
        "version": "2.41.0",
        "path": "rollback",
        "by": "ann",
        "deployed_at": T0.isoformat(),
        "verification": verification,
        "because": [],
    }
    told = next(line for line in course(shown(deployment=fix), AT) if line.startswith("Fix: "))
    assert not told.endswith(": ")
    assert ("watcher tick INC-1 verified" in told) is (verification in ("quiet", "not seen"))


def test_of_a_closed_incident_only_what_comes_after_is_to_be_ticked() -> None:
    """The post-mortem, and no error rate any more."""
    lines = course(shown(closed_at=T0.isoformat(), status="resolved"), AT)
    assert lines[-1] == "To tick (watcher tick INC-1 ITEM): postmortem"


def test_a_suspicion_has_no_clock() -> None:
    """Nothing runs for it yet."""
    assert course({"id": "SUS-1", "status": "suspected"}, AT) == []


def test_spans_are_spelled_as_people_say_them() -> None:
    """Never negative: what is due now is due in no time."""
    spans = [timedelta(seconds=-5), timedelta(seconds=59), timedelta(minutes=14), timedelta(minutes=125)]
    assert [spell(span) for span in spans] == ["0 s", "59 s", "14 min", "2 h 5 min"]


# -- watching


def watched(answers: list[dict[str, Any]], words: Callable[..., str]) -> list[str]:
    """What was drawn, in virtual time, until the answers are used up or the incident is closed."""
    drawn: list[str] = []
    later = iter(answers[1:])

    async def main() -> None:
        await watching._watch(answers[0], lambda: next(later), words, clock(), drawn.append)

    run(main())
    return drawn


def test_watching_ticks_each_second_asks_each_other_and_ends_when_it_is_closed() -> None:
    """No busy loop: as many drawings as seconds, half as many questions."""
    opened, closed = shown(), shown(closed_at=T0.isoformat())
    drawn = watched([opened, opened, closed], lambda it, now: f"{(now - T0).seconds} {it['closed_at']}")
    assert [line.partition(" ")[0] for line in drawn] == ["0", "1", "2", "3", "4"]
    assert drawn[-1].endswith(T0.isoformat())


def test_a_daemon_that_does_not_answer_is_said_and_asked_again() -> None:
    """What was known stays in sight, with how long nothing was heard."""
    drawn = watched([shown(), {}, {}, shown(closed_at="then")], lambda it, _: f"id {it['id']}")
    silent = [text for text in drawn if "does not answer" in text]
    assert (len(silent), silent[-1]) == (4, "id INC-1\n\nThe daemon does not answer since 3 s.")
    assert drawn[-1] == "id INC-1"


def test_where_nothing_can_be_overwritten_a_line_is_written_once() -> None:
    """A dumb terminal or a file gets what is new, and no copy of the rest each second."""
    written: list[str] = []
    draw = watching._roll(written.append)
    for text in (
        "Clock: minute 1\n  next by 03:15 (in 59 s): x",
        "Clock: minute 1\n  next by 03:15 (in 58 s): x\nnew",
    ):
        draw(text)
    assert written == ["Clock: minute 1\n  next by 03:15 (in 59 s): x\n", "new\n"]


def test_a_small_screen_keeps_the_beginning_and_the_newest_lines() -> None:
    """The head whole, and of the timeline its end."""
    lines = ["head", "clock", "", *(f"line {n}" for n in range(50))]
    assert fitting(lines, 8) == ["head", "clock", "", "...", "line 46", "line 47", "line 48", "line 49"]
    assert fitting(lines[:5], 8) == lines[:5]
    assert fitting(lines, 2) == ["head", "clock"]


def test_what_does_not_change_cannot_be_watched() -> None:
    """A log that nobody writes, or JSON: it says what to leave out."""
    with daemon() as server:
        found = ask("show", "INC-1", "--watch", "--json", url=server.url)
    assert (found.exit_code, "leave --json out" in found.output) == (2, True)


# -- colours


def test_colours_mark_what_matters_and_change_no_letter() -> None:
    """The action, what was missed, what does not hold; without them the text is the same."""
    text = (
        "INC-1  outage\n\nROLL BACK to 2.41.0\n  missed: decide\nFix: deployed 2.41.2 by ann: DOES NOT HOLD"
    )
    painted = paint(text)
    assert ANSI.sub("", painted) == text
    assert "\x1b[1mROLL BACK to 2.41.0\x1b[0m" in painted
    assert "\x1b[1;31m  missed: decide\x1b[0m" in painted
    assert "\x1b[1;31mDOES NOT HOLD\x1b[0m" in painted


def test_without_a_terminal_there_are_no_colours() -> None:
    """What is piped is plain; an escape sequence in somebody's title is gone as well."""
    evil = incident(1, title="\x1b[31mred")
    with daemon(incidents=(200, {"incidents": [evil], "suspicions": []})) as server:
        found = ask("incidents", url=server.url)
    assert "\x1b" not in found.output
    assert "[31mred" in found.output


class Tty(io.StringIO):
    """A terminal, as far as anybody asks it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_who_wants_no_colours_gets_none(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, wanted: bool
) -> None:
    """NO_COLOR is respected where it says anything; a dumb terminal cannot show them."""
    monkeypatch.setattr("sys.stdout", Tty())
    for name, value in {"NO_COLOR": "", "TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    assert coloured() is wanted
