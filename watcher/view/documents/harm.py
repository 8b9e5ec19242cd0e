"""What the harm was, in the words of a document that is read afterwards: what users met, how many, how often. Pure."""

from __future__ import annotations

from rules.signal import Category
from watcher.incident.compose import clock, spell
from watcher.incident.event import Opened, SignalsJoined
from watcher.incident.findings import ImpactMeasured
from watcher.incident.messages import issue
from watcher.view.documents.account import Account
from watcher.view.documents.markdown import plain

PAST: dict[Category, str] = {
    "authentication": "signing in did not work for some or all users",
    "data-loss": "some data was lost or not saved",
    "payments": "payments did not work as they should",
    "security": "a security matter was open",
    "outage": "the service, or a part of it, was not available",
}
"""What was broken, once it is over."""


def met(account: Account) -> str:
    """What users meet, or met."""
    if account.over_at is None:
        return issue(account.state)
    if account.state.status == "false_alarm":
        return "a false alarm"
    return "; ".join(PAST[category] for category in account.state.categories)


def affected(account: Account) -> str:
    """How many: as stated, as measured, else as counted at one signal."""
    stated = account.state.known.said("affected", int)
    measured = _measured(account)
    if stated is None:
        return measured or "how many is not known"
    return f"{stated} users, as stated" + (f"; measured: {measured}" if measured else "")


def _measured(account: Account) -> str:
    impact = account.state.known.speaking
    if impact is not None and impact.everyone:
        return f"all {impact.measure}"
    if impact is not None and impact.affected:
        return _share(impact)
    return _counted(account)


def _share(impact: ImpactMeasured) -> str:
    """Both numbers; a lower bound says when it was taken."""
    bound = "at least " if impact.lower_bound or (impact.at_most or 0) > (impact.affected or 0) else ""
    taken = f", as counted at {clock(impact.at)}" if impact.lower_bound else ""
    if not impact.active or impact.clamped:
        return f"{bound}{impact.affected} {impact.measure}{taken}"
    share = 100 * (impact.affected or 0) / impact.active
    part = f"{share:.0f} %" if share >= 1 else "less than 1 %"
    return f"{bound}{part} of {impact.measure} ({impact.affected} of {impact.active}{taken})"


def _counted(account: Account) -> str:
    """The largest count of one signal, ever: never added over signals."""
    signs = [s for e in account.all(Opened, SignalsJoined) for s in e.signs if s.users]
    if not signs:
        return ""
    most = max(signs, key=lambda sign: sign.users or 0)
    within = f" within {spell(most.window)}" if most.window else ""
    return f"at least {most.users} users{within}"


def rate(account: Account) -> str | None:
    """The error rate: measured, else as somebody read it; None where nobody knows."""
    known = [e.error_rate for e in account.all(ImpactMeasured) if e.error_rate is not None]
    if known:
        return f"{max(known) * 100:.0f} % at the worst"
    read = account.state.response.ticked.get("error-rate")
    return f"{plain(read.text)} (read by {plain(read.by)})" if read is not None and read.text else None
