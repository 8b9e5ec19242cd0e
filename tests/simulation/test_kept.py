"""The two hours in rough worlds: what the log says of checkpoints, announcements and secrets, and that a lie is noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.simulation.kept import KEPT
from tests.simulation.play import play
from tests.simulation.reading import Reading
from tests.simulation.tape import Tape, Written
from watcher.incident.event import Mitigated, Opened, PageRequested
from watcher.incident.responding import CheckpointMet, CheckpointMissed, Deployed

SEEDS = range(21, 25)
HOURS = 3.0


@pytest.fixture(scope="module")
def tapes() -> list[Tape]:
    return [play(seed, HOURS) for seed in SEEDS]


@pytest.mark.parametrize("name", KEPT)
def test_a_promise_of_the_two_hours_is_kept(tapes: list[Tape], name: str) -> None:
    """Whatever dies, leaps or is refused: it can be read from the log alone."""
    breaches = [f"seed {t.seed}: {breach}" for t in tapes for breach in KEPT[name](Reading(t))]
    assert breaches == []


def test_these_worlds_hold_what_the_promises_are_about(tapes: list[Tape]) -> None:
    """Checkpoints met and missed, fixes announced, secrets kept: else nothing was proven."""
    events = [row.event for tape in tapes for row in tape.rows]
    assert sum(isinstance(e, CheckpointMissed) for e in events) > 50
    assert sum(isinstance(e, Deployed) for e in events) > 20
    assert sum(isinstance(e, PageRequested) and e.about == "fixed" for e in events) > 10
    assert sum(isinstance(e, Opened) and e.policy.secret for e in events) > 10


def _rewritten(
    tape: Tape, chosen: Callable[[Written], bool], change: Callable[[Written], list[Written]]
) -> None:
    """The first row that fits is another one."""
    at = next(n for n, row in enumerate(tape.rows) if chosen(row))
    tape.rows[at : at + 1] = change(tape.rows[at])


def _what_was_met_is_missed(tape: Tape) -> None:
    def missed(row: Written) -> list[Written]:
        met = row.event
        assert isinstance(met, CheckpointMet)
        late = CheckpointMissed(at=met.due, checkpoint=met.checkpoint, due=met.due)
        return [row, replace(row, event=late)]

    _rewritten(tape, lambda r: isinstance(r.event, CheckpointMet), missed)


def _a_decision_is_overlooked(tape: Tape) -> None:
    def overlooked(row: Written) -> list[Written]:
        met = row.event
        assert isinstance(met, CheckpointMet)
        return [replace(row, event=CheckpointMissed(at=met.due, checkpoint="decided", due=met.due))]

    _rewritten(
        tape,
        lambda r: isinstance(r.event, CheckpointMet) and r.event.checkpoint == "decided" and not r.event.late,
        overlooked,
    )


def _time_meets_a_checkpoint(tape: Tape) -> None:
    def met(row: Written) -> list[Written]:
        event = row.event
        assert isinstance(event, CheckpointMissed)
        return [replace(row, event=CheckpointMet(at=event.at, checkpoint=event.checkpoint, due=event.due))]

    _rewritten(tape, lambda r: isinstance(r.event, CheckpointMissed) and r.event.checkpoint == "decided", met)


def _it_is_called_fixed_at_once(tape: Tape) -> None:
    tape.rows = [row for row in tape.rows if not isinstance(row.event, Mitigated)]


def _a_secret_is_told(tape: Tape) -> None:
    outside = next(r for r in tape.rows if isinstance(r.event, PageRequested) and r.event.kind == "publish")
    secret = next(r for r in tape.rows if isinstance(r.event, Opened) and r.event.policy.secret)
    tape.rows.append(replace(outside, stream=secret.stream, version=secret.version + 1000))


def _another_advice_comes(tape: Tape) -> None:
    told = next(r for r in tape.rows if isinstance(r.event, PageRequested) and r.event.purpose == "turned")
    _rewritten(
        tape,
        lambda r: isinstance(r.event, Deployed),
        lambda row: [row, replace(row, event=told.event)],
    )


PLANTED: dict[Callable[[Tape], None], str] = {
    _what_was_met_is_missed: "what is missed was not there",
    _a_decision_is_overlooked: "what is missed was not there",
    _time_meets_a_checkpoint: "what is met was there",
    _it_is_called_fixed_at_once: "nothing is called fixed before it holds",
    _a_secret_is_told: "nothing of a drill or a secret goes outside",
    _another_advice_comes: "nobody is disturbed while a fix is verified",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda p: p.__name__.strip("_"))
def test_a_lie_in_the_log_is_noticed(tapes: list[Tape], plant: Callable[[Tape], None]) -> None:
    """A property that nothing can break would prove nothing."""
    tape = replace(tapes[0], rows=list(tapes[0].rows))
    plant(tape)
    assert list(KEPT[PLANTED[plant]](Reading(tape)))
