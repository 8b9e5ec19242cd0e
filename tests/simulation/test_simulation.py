"""A bounded number of seeded worlds. `python -m bench.simulate` plays more; a failing seed is played again with --seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulation.play import play
from tests.simulation.properties import PROPERTIES, check
from tests.simulation.reading import Reading
from tests.simulation.tape import Attempt, Tape
from watcher.incident.event import Acknowledged, Opened, PageRequested
from watcher.incident.responding import Announced, CheckpointMet

SEEDS = range(1, 7)
HOURS = 2.5
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tapes() -> list[Tape]:
    return [play(seed, HOURS) for seed in SEEDS]


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_holds_in_every_world(tapes: list[Tape], name: str) -> None:
    """Whatever fails, leaps, dies or is full: what the program promises can be read from its log and at the pagers."""
    breaches = [f"seed {t.seed}: {breach}" for t in tapes for breach in PROPERTIES[name](Reading(t))]
    assert breaches == []


def test_worlds_are_rough(tapes: list[Tape]) -> None:
    """A world in which nothing happens proves nothing."""
    assert sum(len(t.streams("incident")) for t in tapes) > 150
    assert sum(len(t.starts) for t in tapes) > 40
    kinds = {f.kind for t in tapes for f in t.faults}
    assert len(kinds) > 12


def test_a_seed_replays_exactly() -> None:
    """Also in another process, with another hash seed: what fails once can be looked at."""
    code = "from tests.simulation.play import play; print(play(5, 1).digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)}
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == play(5, 1).digest()


def _no_pages(tape: Tape) -> None:
    tape.attempts.clear()


def _no_wake_with_the_opening(tape: Tape) -> None:
    opened = {r.append for r in tape.rows if isinstance(r.event, Opened)}
    tape.rows = [r for r in tape.rows if r.append not in opened or not isinstance(r.event, PageRequested)]


def _a_page_after_it_was_answered(tape: Tape) -> None:
    answered = next(r for r in tape.rows if isinstance(r.event, Acknowledged) and "incident" in r.stream)
    before = next(a for a in tape.attempts if a.stream == answered.stream and a.page.kind == "wake")
    late = Attempt(tape.order(), before.stream, before.number, before.target, before.page, 1, answered.at)
    tape.attempts.append(late)


def _a_secret_goes_out(tape: Tape) -> None:
    tape.secrets = (tape.attempts[0].page.title[:10],)


def _nothing_was_said(tape: Tape) -> None:
    for number, said in enumerate(tape.said):
        tape.said[number] = type(said)(said.order, said.source, said.at, said.life, blind=True)


def _time_goes_back(tape: Tape) -> None:
    first, *_, last = (n for n, r in enumerate(tape.rows) if r.stream == "daemon")
    tape.rows[first], tape.rows[last] = tape.rows[last], tape.rows[first]


def _nobody_hears_of_the_end(tape: Tape) -> None:
    ends = {
        (r.stream, r.version) for r in tape.rows if getattr(r.event, "purpose", "") in ("closed", "recovered")
    }
    tape.rows = [r for r in tape.rows if (r.stream, r.version) not in ends]


def _a_year_passes(tape: Tape) -> None:
    tape.ended += timedelta(days=365)
    tape.rows = [r for r in tape.rows if r.order < tape.orders // 2]


def _a_checkpoint_is_met_again(tape: Tape) -> None:
    met = next(r for r in tape.rows if isinstance(r.event, CheckpointMet))
    tape.rows.append(replace(met, order=tape.order()))


def _nobody_outside_hears_of_it(tape: Tape) -> None:
    tape.rows = [r for r in tape.rows if getattr(r.event, "kind", "") != "publish"]


def _it_is_announced_at_once(tape: Tape) -> None:
    opened = next(r for r in tape.rows if isinstance(r.event, Opened))
    early = Announced(at=opened.at, by="ann")
    tape.rows.insert(tape.rows.index(opened) + 1, replace(opened, event=early))


DOCTORED: dict[Callable[[Tape], None], str] = {
    _no_pages: "I4 I9",
    _no_wake_with_the_opening: "I3",
    _a_page_after_it_was_answered: "I2 no page",
    _a_secret_goes_out: "I10",
    _nothing_was_said: "I7 what opens",
    _time_goes_back: "time never",
    _nobody_hears_of_the_end: "I5 who",
    _a_year_passes: "I2 every rung",
    _a_checkpoint_is_met_again: "a checkpoint",
    _nobody_outside_hears_of_it: "stakeholders",
    _it_is_announced_at_once: "nothing is announced",
}


@pytest.mark.parametrize("doctor", DOCTORED, ids=lambda d: d.__name__.strip("_"))
def test_a_doctored_tape_is_noticed(doctor: Callable[[Tape], None]) -> None:
    """A property that nothing can break would prove nothing."""
    tape = play(1, 1)  # a world in which each of them leaves something to notice
    doctor(tape)
    assert any(breach.startswith(DOCTORED[doctor]) for breach in check(tape))
