"""The messages to the stakeholders: what is broken in their words, who is affected, how far it is, when the next comes.

Pure. No error text, no host, no name of a rule: whoever reads them has no access to the incident.
"""

from __future__ import annotations

import re
from datetime import datetime

from rules.signal import Category
from watcher.incident.compose import clock, spell
from watcher.incident.draft import Words
from watcher.incident.protocol import TARGET, path_of
from watcher.incident.state import Incident
from watcher.incident.verification import running

INTERNAL = ("Cause: ", "Fix: ")
"""How the lines begin that are for the stakeholders and not for everybody: people's words, and names of releases."""
BROKEN: dict[Category, str] = {
    "authentication": "signing in does not work for some or all users",
    "data-loss": "some data may be lost or not saved",
    "payments": "payments do not work as they should",
    "security": "a security matter",
    "outage": "the service, or a part of it, is not available",
}
"""What is broken, in the words of who uses it."""
COUNTED = {"users": "users", "requests": "requests", "sessions": "visits"}
"""What a share is of, by the first word of its measure: how it was counted is nobody's concern outside."""
WORTH_SAYING = 0.01
"""In the first minute a share is next to nothing, because next to nothing was counted yet."""


def issue(state: Incident) -> str:
    """What is broken, in one sentence."""
    return "; ".join(BROKEN[category] for category in state.categories)


def detected(state: Incident, following: datetime | None) -> Words:
    """The first message of the protocol."""
    return _title(state, "incident detected"), (
        f"Issue: {issue(state)}",
        f"Impact: {impact(state)}",
        f"Status: {status(state)}",
        f"Aim: fixed by {clock(state.detected_at + TARGET)}",
        *_said(state),
        *_next(following),
    )


def progress(state: Incident, following: datetime | None) -> Words:
    """The second: what is being done."""
    _, cause = state.known.cause if state.known.cause[0] == "known" else ("", "")
    return _title(state, "fix in progress"), (
        f"Issue: {issue(state)}",
        f"Cause: {cause or 'being looked for'}",
        f"Fix: {fix(state)}",
        f"Aim: deployed by {clock(state.detected_at + TARGET)}",
        f"Status: {status(state)}",
        *_said(state),
        *_next(following),
    )


def back(state: Incident, following: datetime | None) -> Words:
    """It was said to be over, and is not."""
    return _title(state, "it is back"), (
        f"Issue: {issue(state)}",
        f"Status: {status(state)}",
        *_said(state),
        *_next(following),
    )


def fixed(state: Incident, now: datetime) -> Words:
    """The third: only once it is verified."""
    held = state.response.held
    when = [f"Deployed: {clock(held.deployed_at)}"] if held else []
    return _title(state, "fixed" if held else "recovered"), (
        f"Issue: {issue(state)}",
        f"Fix: {fix(state) if held else _by_itself(state)}",
        *when,
        f"Affected: {impact(state)}",
        f"Status: works again; watched until {clock(_watched_until(state, now))}. Thank you for your patience.",
        *_said(state),
        "The next message comes when that time has passed without a fault, or if it comes back.",
    )


def watching(state: Incident, now: datetime) -> Words:
    """It works again, and somebody has something to add."""
    return _title(state, "works again"), (
        f"Issue: {issue(state)}",
        f"Status: works again; watched until {clock(_watched_until(state, now))}",
        *_said(state),
    )


def _by_itself(state: Incident) -> str:
    """What ended it, where no deployment was verified."""
    if state.response.deployed is None:
        return "it recovered without a deployment"
    return f"it recovered; that {running(state)} mended it is not verified"


def _watched_until(state: Incident, now: datetime) -> datetime:
    return (state.mitigated_at or now) + state.policy.watch_for


def all_clear(state: Incident, now: datetime) -> Words:
    """The last one."""
    if state.status == "false_alarm":
        return _title(state, "false alarm"), ("Nothing was wrong. No further messages.",)
    if state.mitigated_at is None:  # nobody has seen it work again
        return _title(state, "closed"), (
            f"Issue: {issue(state)}",
            f"The team closed it at {clock(now)}. No further messages.",
        )
    lasted = state.mitigated_at - state.started_at
    return _title(state, "all clear"), (
        f"Issue: {issue(state)}",
        f"It lasted {spell(lasted)}. Closed at {clock(now)}. No further messages.",
    )


def impact(state: Incident) -> str:
    """Who is affected, as far as it is known."""
    share = state.known.share
    stated = state.known.said("affected", int)
    counted = COUNTED.get(re.split(r"\W", share.measure, maxsplit=1)[0])
    if share.usable and counted and share.low >= WORTH_SAYING and (share.low < 1 or stated is None):
        bound = "at least " if share.lower_bound or share.low < share.high else ""
        return f"{bound}{share.low * 100:.0f} % of {counted}" if share.low < 1 else f"all {counted}"
    if stated is not None:
        return f"{stated} users"
    return "how many users is not known yet"


def fix(state: Incident) -> str:
    """What is done about it; what is out counts before what was decided."""
    deployed = state.response.deployed
    path = deployed.path if deployed else path_of(state)
    version = deployed.version if deployed else None
    words = {
        "rollback": "the last release is taken back" + (f" to {version}" if version else ""),
        "hotfix": "a hotfix" + (f", {version}" if version else ""),
        "other": "another way",
    }
    return words[path] if path else "being decided"


def status(state: Incident) -> str:
    """How far it is."""
    if state.status == "verifying":
        return "a fix is out, and is being verified"
    if state.status == "fixing":
        return (
            "somebody works on it"
            if state.response.approved is None
            else "the fix is approved, and is being deployed"
        )
    return "being investigated"


def _said(state: Incident) -> tuple[str, ...]:
    """What a person said since the last message."""
    return tuple(update.text for update in state.response.unsaid)


def _next(following: datetime | None) -> tuple[str, ...]:
    return (f"Next update: {clock(following)}",) if following is not None else ()


def _title(state: Incident, what: str) -> str:
    return f"{state.id} {state.opened.service}: {what}"
