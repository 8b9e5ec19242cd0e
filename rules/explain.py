"""Words for a verdict: why it fired, or why not."""

from __future__ import annotations

import re
from datetime import timedelta

from rules.condition import quoted
from rules.duration import words
from rules.rule import WITHIN, Rule
from rules.scale import users_known
from rules.signal import Activity, HealthSignal, Signal, title_of


def sentence(rule: Rule, signal: Signal, counted: Activity | None) -> str:
    """The rule's own words, with what was counted put in."""
    if "{" not in rule.because:
        return rule.because
    return re.sub(r"\{([a-z]+)\}", lambda match: _word(match.group(1), rule, signal, counted), rule.because)


def short_of(rule: Rule, counted: Activity | None) -> str:
    """What was counted where a rule recognises a signal, and that it is not known to be enough."""
    return f"{rule.id}: {_counts(counted)['count']} within {words(_window(rule, counted))}, not known to be enough"


def _window(rule: Rule, counted: Activity | None) -> timedelta:
    return counted.window if counted else rule.scale.within if rule.scale else WITHIN


def _word(name: str, rule: Rule, signal: Signal, counted: Activity | None) -> str:
    if name == "title":
        return quoted(title_of(signal))
    if name == "system":
        return quoted(rule.system or signal.system or "the service")
    if name == "within":
        return words(_window(rule, counted))
    if name in {"component", "reason", "endpoint"}:
        return _of_health(name, signal)
    return _counts(counted)[name]


def _of_health(name: str, signal: Signal) -> str:
    if not isinstance(signal, HealthSignal):
        return ""
    if name == "component":
        return quoted(", ".join(signal.failed_components[:3])) or "a component"
    return quoted(signal.reason if name == "reason" else signal.key)


def _counts(counted: Activity | None) -> dict[str, str]:
    if counted is None:
        return dict.fromkeys(("users", "events"), "an unknown number of") | {
            "count": "an unknown number of users"
        }
    events = f"{counted.events} event{'' if counted.events == 1 else 's'}"
    if not users_known(counted):
        return {
            "users": "uncounted",
            "events": str(counted.events),
            "count": f"{events} (users are not counted here)",
        }
    least = "" if counted.users_low == counted.users_high else ">= "
    users = f"{least}{counted.users_low}"
    return {
        "users": users,
        "events": str(counted.events),
        "count": f"{users} user{'' if users == '1' else 's'}",
    }
