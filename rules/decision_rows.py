"""Rows of a decisions file (JSON objects) as facts: what `watcher rules recommend` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from rules.facts import Cause, Deploy, Facts, Share, share_of

COUNT_MAX = 10**10
"""More users than people; a larger number is a mistake."""

SYSTEMS_MAX = 1000

_WENT = r"(?:incident|outage|disruption|degraded|degradation|is down|down|is red|red|unavailable)"
_VENDORS = (
    "aws|amazon|s3|gcp|google|azure|cloudflare|fastly|akamai|vercel|netlify|heroku|digitalocean|hetzner|stripe|paypal"
    "|paddle|adyen|braintree|openai|anthropic|twilio|sendgrid|mailgun|postmark|auth0|okta|clerk|cognito|supabase|firebase"
    "|algolia|pusher|ably|github|planetscale|neon"
)
_THIRD_PARTY = re.compile(
    rf"\b(?P<who>(?:\w{{1,40}} )?(?:provider|vendor|third[- ]party|upstream|region)|(?:{_VENDORS})\b)"
    rf"(?: [\w.()-]{{1,20}}){{0,3}}? {_WENT}\b(?!-)"
    rf"|\bstatus ?page\b(?: \w{{1,20}}){{0,3}}? (?:{_WENT}|confirms|reports)\b",
    re.IGNORECASE,
)
"""Evidence that names somebody else's outage, in the words that people use for it. No unbounded repetition."""


def facts_of(row: Mapping[str, Any]) -> Facts:
    """The facts of one row; what it does not say, or says impossibly, is unknown. ValueError names a bad row."""
    facts = row.get("facts")
    if not isinstance(facts, Mapping):
        raise ValueError('"facts" must be an object')  # noqa: TRY004 - a value of the file is wrong, no argument's type
    evidence = _text(facts.get("root_cause_evidence"))
    return Facts(
        share=_share(facts),
        systems=_systems(facts.get("failing_systems")),
        isolated=_yes(facts.get("isolated")),
        cause=_cause(facts.get("root_cause")),
        cause_evidence="" if evidence.casefold() == "none" else evidence,
        fix_minutes=_count(facts.get("fix_minutes_estimate")),
        third_party=_third_party(facts, evidence),
        deploy=_deploy(facts),
        previous_release_available=_yes(facts.get("previous_release_available")),
        data_written_in_new_form=_yes(facts.get("data_written_in_new_form")),
        errors_only_in_this_release=_yes(facts.get("errors_only_in_this_release")),
        trouble_began_before_deploy=_yes(facts.get("trouble_began_before_deploy")),
    )


def _share(facts: Mapping[str, Any]) -> Share:
    affected, active = facts.get("affected_users"), facts.get("active_users")
    low, whole = _count(affected), _count(active)
    if (_said(affected) and low is None) or (_said(active) and whole is None):
        return Share(active=whole, impossible=True)
    if low is not None and _is_sum(facts):
        return _share_of_sum(low, whole, facts.get("issues"))
    return share_of(low, whole)


def _is_sum(facts: Mapping[str, Any]) -> bool:
    """Whether the count adds the users of several issues, of whom nobody knows how many are the same."""
    return facts.get("union_known") is False or "sum" in _text(facts.get("affected_users_is")).casefold()


def _share_of_sum(total: int, active: int | None, issues: Any) -> Share:
    """A sum over issues bounds the distinct users from above, the largest issue from below.

    Where a half lies between the two, the count proves nothing and is as good as impossible.
    """
    share = share_of(_largest(total, issues), active, at_most=total)
    if share.usable and share.over_half is None and active is not None:
        return Share(active=active, impossible=True)
    return share


def _largest(total: int, issues: Any) -> int:
    if isinstance(issues, list) and issues:
        users = [_count(_users(issue)) or 0 for issue in issues[:SYSTEMS_MAX]]
        return min(max(*users, -(-total // len(issues))), total)
    return -(-total // issues) if isinstance(issues, int) and issues > 0 else 0


def _users(issue: Any) -> Any:
    if not isinstance(issue, Mapping):
        return issue
    return next((issue[key] for key in ("affected_users", "users", "userCount") if key in issue), None)


def _said(value: Any) -> bool:
    return value is not None and value != "unknown"


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= COUNT_MAX else None


def _yes(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _systems(value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) else []
    return tuple(
        name for name in names[:SYSTEMS_MAX] if isinstance(name, str) and name.strip() and name != "unknown"
    )


def _cause(value: Any) -> Cause:
    said: dict[str, Cause] = {"known": "known", "suspected": "suspected"}
    return said.get(_text(value), "unknown")


def _third_party(facts: Mapping[str, Any], evidence: str) -> str | None:
    if stated := _text(facts.get("third_party")):
        return stated
    found = _THIRD_PARTY.search(evidence[:1000])
    if found is None or facts.get("root_cause") != "known":
        return None
    return found["who"] or "a third party"


def _deploy(facts: Mapping[str, Any]) -> Deploy | Literal["none", "unknown"]:
    if "recent_deploy" not in facts:
        return "unknown"
    deploy = facts["recent_deploy"]
    if deploy is None:
        return "none"
    if not isinstance(deploy, Mapping):
        return "unknown"
    return Deploy(
        version=_text(deploy.get("version")),
        previous=_text(deploy.get("previous")) or None,
        before_onset=_before(deploy.get("minutes_before_start")),
        migration=_yes(facts.get("database_migration_in_deploy")),
        source="row",
    )


def _before(value: Any) -> timedelta | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= COUNT_MAX:
        return None
    return timedelta(minutes=value)
