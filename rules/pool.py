"""Pools: issues of one look that are one fault, counted together.

Events add. Users are distinct within an issue and may be the same in two, so together they are between the largest
number and the sum; a rule fires on the lower one. Where only the higher would do, the source is asked to count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rules.fingerprint import fingerprint
from rules.rule import AtLeast, Rule
from rules.scale import counted_for, enough, users_known
from rules.signal import Activity, IssueSignal
from rules.verdict import Ask

ASKED_MAX = 100
"""Issues named in one question: their ids must fit into an address."""

Key = tuple[str, str, str | None, str | None, str]


def key_of(signal: IssueSignal) -> Key:
    """What the issues of one fault have in common."""
    return signal.source, signal.project, signal.system, signal.environment, fingerprint(signal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The issues of one fault that one rule recognises, with what they count together."""

    size: int
    counted: Activity
    ask: Ask | None = None


def pooled(rule: Rule, members: Sequence[IssueSignal], exact: Iterable[IssueSignal] = ()) -> Pool | None:
    """Count issues together; None where fewer than two did anything. `exact` are the source's answers to questions."""
    counts = [(one, counted) for one in members if (counted := counted_for(rule, one)) and counted.events > 0]
    if len(counts) < 2 or rule.scale is None:  # noqa: PLR2004 - one issue alone is no pool
        return None
    together = _together([counted for _, counted in counts])
    keys = {one.key for one, _ in counts}
    answers = [one for one in exact if keys.issuperset(one.counts_together)]
    for answer in answers:
        together = _answered(together, counted_for(rule, answer))
    ask = None if answers else _ask(rule.id, rule.scale, counts, together)
    return Pool(size=len(counts), counted=together, ask=ask)


def _together(counts: Sequence[Activity]) -> Activity:
    """Of the whole service there is one number; where one issue counts no users, the users of all are unknown."""
    known = all(users_known(one) for one in counts)
    return Activity(
        window=max(one.window for one in counts),
        events=sum(one.events for one in counts),
        users_low=max(one.users_low or 0 for one in counts) if known else None,
        users_high=_sum([one.users_high for one in counts]) if known else None,
        requests=_largest([one.requests for one in counts]),
        same_requests=_sum(
            list(dict.fromkeys(one.same_requests for one in counts))
        ),  # one place says one number
        active_users=_largest([one.active_users for one in counts]),
        exact=all(one.exact for one in counts),
    )


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _largest(numbers: list[int | None]) -> int | None:
    return max((number for number in numbers if number is not None), default=None)


def _answered(together: Activity, answer: Activity | None) -> Activity:
    """What the source counted over some or all of them is a lower bound for all."""
    if answer is None or answer.users_low is None:
        return together
    low = max(together.users_low or 0, answer.users_low)
    return replace(together, users_low=low, users_high=max(low, together.users_high or low))


def _ask(
    rule: str, at_least: AtLeast, counts: Sequence[tuple[IssueSignal, Activity]], together: Activity
) -> Ask | None:
    """The question to the source, where the higher number of users would be enough and the lower is not."""
    high = replace(together, users_low=together.users_high)
    if enough(at_least, together).truth or not enough(at_least, high).truth:
        return None
    first, _ = counts[0]
    loudest = sorted(counts, key=lambda pair: (-pair[1].events, pair[0].key))[:ASKED_MAX]
    return Ask(
        source=first.source,
        keys=tuple(sorted(one.key for one, _ in loudest)),
        environment=first.environment,
        window=together.window,
        rule=rule,
    )
