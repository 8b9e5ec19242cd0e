"""Why the rules say what they say, for JSON: as the log holds it, or clause by clause of one signal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rules.signal import Signal
from rules.trace import Trace
from watcher.incident.event import Event, Opened
from watcher.incident.record import Sign
from watcher.view.rulings import signs


def raised(id_: str, events: Sequence[Event]) -> dict[str, Any]:
    """The rules that raised an incident or a suspicion, and their words as they were, whatever the rules say now."""
    book = next((event.rulebook for event in events if isinstance(event, Opened)), None)
    return {"id": id_, "rulebook": book, "signs": [one.model_dump(mode="json") for one in distinct(events)]}


def distinct(events: Iterable[Event]) -> list[Sign]:
    """Each signal by each rule once, as it was said last."""
    return list({(one.ref, one.rule): one for one in signs(events)}.values())


def traced(signal: Signal, found: Iterable[Trace]) -> dict[str, Any]:
    """What each rule that comes near says of a signal."""
    return {"signal": signal.kind, "rules": [_rule(one) for one in found]}


def _rule(one: Trace) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "category": one.category,
        "mode": one.mode,
        "outcome": one.outcome,
        "because": one.said,
        "clauses": [{"holds": clause.truth, "clause": clause.words} for clause in one.clauses],
    }
