"""Scale: whether what was counted is enough. Unknown counts are unknown, never zero."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt

from rules.condition import MISSED, UNKNOWN, Held, every, held, some
from rules.duration import words
from rules.rule import WITHIN, AtLeast, Rule, Threshold
from rules.signal import Activity, IssueSignal, Signal

LONG = timedelta(hours=1)
"""In a window longer than this, and than the rule's own, a number of users is demanded of each hour of it: fifty who
met an error in five minutes are many, fifty in a day are not."""

SHARE_MAX = 0.5
"""A share of the active users grows with the window too, but slower, as the same ones come again: by the root of the
hours, up to this. A share of requests does not grow."""


def enough(at_least: AtLeast, counted: Activity | None) -> Held:
    """Whether what was counted reaches what a rule demands."""
    if counted is None:
        return UNKNOWN
    longest = max(at_least.within, LONG)
    times = counted.window / longest if counted.window > longest else 1.0
    if at_least.all_ is not None:
        return every(_reaches(one, counted, times) for one in at_least.all_)
    return some(_reaches(one, counted, times) for one in at_least.any_ or ())


def counted_for(rule: Rule, signal: Signal, *, own_window: bool = False) -> Activity | None:
    """The counts that a rule looks at: those of its window, or the signal's only ones whatever their window."""
    if not isinstance(signal, IssueSignal):
        return None
    window = timedelta.max if own_window else rule.scale.within if rule.scale else WITHIN
    return within(signal.activity, window)


def within(activity: tuple[Activity, ...], window: timedelta) -> Activity | None:
    """The counts of a window, or of the longest shorter one: what a part reaches, the whole reaches too."""
    if len(activity) == 1:  # nearly always
        return activity[0] if activity[0].window <= window else None
    return max((one for one in activity if one.window <= window), key=lambda one: one.window, default=None)


def users_known(counted: Activity) -> bool:
    """Whether the source counts users; a negative number is impossible, so unknown."""
    return counted.users_low is not None and counted.users_low >= 0


def _reaches(demand: Threshold, counted: Activity, times: float) -> Held:
    if demand.if_ and any(_known(condition, counted) for condition in demand.if_):
        return MISSED  # a better count is there, and decides
    if demand.users is not None:
        return _users(round(demand.users * times), counted)
    if demand.events is not None:
        return _events(demand.events, counted, instead="users_unknown" in demand.if_)
    return _share(demand, counted, times)


def _known(condition: str, counted: Activity) -> bool:
    return users_known(counted) if condition == "users_unknown" else counted.requests is not None


def _users(demand: int, counted: Activity) -> Held:
    if counted.users_low is None or not users_known(counted):
        return UNKNOWN
    window = words(counted.window)
    if counted.users_low >= demand:
        return held(f"{_range(counted)} users within {window}; {demand} are enough")
    high = counted.users_high
    return UNKNOWN if high is None or high >= demand else MISSED


def _range(counted: Activity) -> str:
    return (
        f"{counted.users_low}" if counted.users_high == counted.users_low else f"at least {counted.users_low}"
    )


def _events(demand: int, counted: Activity, *, instead: bool) -> Held:
    if counted.events < demand:
        return MISSED
    window = words(counted.window)
    if instead:
        return held(f"users are not counted here; {counted.events} events within {window} stand in")
    return held(f"{counted.events} events within {window}; {demand} are enough")


def _part(of: str, counted: Activity) -> tuple[int | None, int | None, str]:
    """What is counted, of how much, in words."""
    if of == "users":
        return counted.users_low, counted.active_users, "active users"
    if of == "requests":
        return counted.events, counted.requests, "requests"
    return counted.events, counted.same_requests, "requests to this place"


def _share(demand: Threshold, counted: Activity, times: float) -> Held:
    part, whole, of = _part(demand.of, counted)
    if part is None or whole is None or part < 0 or whole < 0:
        return UNKNOWN
    if whole < demand.of_at_least or demand.share is None:
        return MISSED
    grown = (
        min(max(demand.share, SHARE_MAX), demand.share * sqrt(times))
        if demand.of == "users"
        else demand.share
    )
    if part / whole < grown:
        return MISSED
    return held(f"{min(part, whole)} of {whole} {of} within {words(counted.window)}")
