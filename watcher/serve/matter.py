"""What an acknowledgement link is about: what its page says of an incident or a suspicion, and which buttons it has.

Another kind of thing that a page can be about is a function here and a line in `ACTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from watcher.incident import command as ask
from watcher.incident.compose import clock
from watcher.incident.event import Closed
from watcher.incident.state import FINAL, Incident
from watcher.incident.surroundings import Confirmed, Dismissed
from watcher.log import Row
from watcher.serve.asking import File
from watcher.view import moment
from watcher.view.moment import ACTING, asks_first, suspected
from watcher.view.summary import held

Act = Callable[[str], object]
"""What a button does: the command of whoever presses it."""

ACTS: Mapping[str, Mapping[str, Act]] = {
    "incident": {
        "ack": lambda by: ask.Acknowledge(by=by, via="link"),
        "take": lambda by: ask.Take(by=by),
    },
    "suspicion": {
        "ack": lambda by: ask.Acknowledge(by=by, via="link"),
        "confirm": lambda by: ask.Confirm(by=by),
        "not-p0": lambda by: ask.Dismiss(by=by),
    },
}
"""What the bearer of a link may do to which kind of stream. A button that is not shown any more still acts: the page may
have been open for a while."""


ALSO = "also: "
"""The names of further rules: they stand on the page of the suspicion, and answer nothing."""
NOTHING_LEFT = "Nothing is left to do."


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    do: str  # a key of ACTS
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing, in words. Without buttons it is over."""

    id: str
    title: str
    status: str
    standing: str
    lines: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    holder: str | None = None


def meant(found: Matter, do: str, who: str) -> str:
    """What a button does for whoever presses it: another than the holder takes it over, and the holder hears of it."""
    return "take" if do == "ack" and found.holder not in (None, who) else do


def matter(found: File, asked: str | None, became: str | None = None) -> Matter:
    """What the page says to the one it was sent to. `became` is the open incident that a confirmed suspicion has come to."""
    state = found.state
    return _incident(state, asked) if isinstance(state, Incident) else _suspicion(found, became)


def _incident(state: Incident, asked: str | None) -> Matter:
    over = state.status in FINAL
    return Matter(
        id=state.id,
        title=state.opened.title,
        status=state.status.replace("_", " "),
        standing=_closing(state) if over else _holding(state),
        lines=_action(state),
        buttons=() if over else _taking(state, asked),
        holder=state.acknowledged_by,
    )


def _action(state: Incident) -> tuple[str, ...]:
    """What to do, and its open question; nothing once something is out, or it is over."""
    if state.recommended is None or state.status not in ACTING:
        return ()
    asked = asks_first(state)
    return (state.recommended.headline, asked) if asked else (state.recommended.headline,)


def _taking(state: Incident, asked: str | None) -> tuple[Button, ...]:
    """Nobody has it: acknowledge. Another has it: take over. Who is asked has it, or may have: they have it."""
    holder = state.acknowledged_by
    if holder is None:
        return (Button(do="ack", label=f"Acknowledge {state.id}"),)
    take = Button(do="take", label=f"Take over from {holder}")
    return (Button(do="ack", label="I have it"), take) if asked in (holder, None) else (take,)


def _holding(state: Incident) -> str:
    if state.acknowledged_by is None:
        return "Nobody has taken it."
    first = f" First acknowledged at {clock(state.acknowledged_at)}." if state.acknowledged_at else ""
    return _holds(state.acknowledged_by, "has it", state.acknowledged_until) + first


def _holds(name: str, how: str, until: datetime | None) -> str:
    return f"{name} {how}, until {clock(until)}." if until else f"{name} {how}."


def _closing(state: Incident) -> str:
    """By whom it was closed, and when."""
    word = "marked as a false alarm" if state.status == "false_alarm" else "resolved"
    return _already(word, state.closed) if state.closed else NOTHING_LEFT


def _already(word: str, event: Closed | Confirmed | Dismissed, left: str = NOTHING_LEFT) -> str:
    return f"Already {word} by {event.by} at {clock(event.at)} on {event.at:%Y-%m-%d}. {left}"


def _suspicion(found: File, became: str | None) -> Matter:
    state, sign = found.state, found.state.suspected.sign
    holder, until = held(state)
    open_ = state.status == "suspected"
    standing = _holds(holder, "looks at it", until) if holder else "Nobody has answered."
    return Matter(
        id=state.id,
        title=suspected(sign.category, sign.title),
        status=state.status,
        standing=standing if open_ else _answered(found.rows, became),
        lines=tuple(line for line in sign.because if not line.startswith(ALSO)),
        buttons=tuple(Button(do=one.act, label=one.label) for one in moment.of(state, "").offers),
    )


def _answered(rows: list[Row], became: str | None) -> str:
    """By whom the question was answered, and when."""
    event = next(row.event for row in reversed(rows) if isinstance(row.event, Confirmed | Dismissed))
    if isinstance(event, Dismissed):
        return _already("called no P0", event)
    return _already("confirmed as a P0", event, f"{became} is open." if became else "Its incident is over.")
