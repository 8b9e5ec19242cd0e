"""What must hold in every world, stated on the log's rows and on what the world received. Nothing here asks the core.

Each property yields a sentence for each breach; `check` collects them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation import delivered, ends, ladders, responding, restraint, seen
from tests.simulation.kept import KEPT
from tests.simulation.reading import Reading
from tests.simulation.tape import Tape

Property = Callable[[Reading], Iterator[str]]

PROPERTIES: dict[str, Property] = {
    "I1 an open incident has a next action": ladders.next_action,
    "I1 an acknowledgement expires": ends.expires,
    "I1 what is clean recovers": ends.recovers,
    "I2 unanswered pages keep being tried": ladders.keeps_trying,
    "I2 a target that accepts rings again and again": ladders.keeps_ringing,
    "I2 every rung is climbed in its time": ladders.rungs,
    "I4 nobody climbs because we were away": restraint.stays_down,
    "I4 nobody climbs while our own network is away": restraint.stays_down_offline,
    "I2 nothing rings once it is answered or over": restraint.silent_when_over,
    "I2 no page goes out once it is answered or over": restraint.not_begun_when_over,
    "I2 a suspicion that nobody answers rings": ladders.suspicions,
    "I3 a fact and its pages are one append": delivered.one_append,
    "I3 a confirmed suspicion is an incident": ends.confirmed,
    "I4 I9 what is owed is tried within one turn, whatever other targets do": delivered.prompt,
    "I5 recovery and end are told": ends.told,
    "I5 who was paged hears of the end, and nobody else": delivered.told_of_the_end,
    "I5 what is no longer true is not said": delivered.no_false_comfort,
    "delivery is at least once, and ends in a result": delivered.ends,
    "what failed is tried again within ten minutes": delivered.retried,
    "what was taken is recorded once": ends.once,
    "a repeat is marked, and has its reason": delivered.repeats,
    "I7 what is said to fail is covered": seen.covered,
    "I7 what opens or joins was seen to fail": seen.true,
    "I7 only seen time is clean time": seen.clean_time,
    "I7 a blind eye is told": seen.blindness,
    "I10 no secret and no raw text goes out": delivered.masked,
    "a checkpoint is said once, in its time": responding.checkpoints,
    "nothing is announced before it holds": responding.announced,
    "no ladder climbs while it is quiet": restraint.rests,
    "what passes was seen in use": responding.lively,
    "a failed verification is said": responding.failed,
    "stakeholders hear in time, and nothing that is held back": responding.updates,
    "a post-mortem is asked for twice at most": responding.postmortem,
    **KEPT,
    "no fault of its own ends the engine": seen.sound,
    "time never goes back, and what is over stays over": seen.order,
}


def check(tape: Tape) -> list[str]:
    """Every breach, with the property's name."""
    reading = Reading(tape)
    return [f"{name}: {breach}" for name, holds in PROPERTIES.items() for breach in holds(reading)]
