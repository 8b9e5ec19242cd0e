"""What fits the moment: of everything that people may do with an incident, the one or two things that are next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.mask import clean
from watcher.incident import publishing, repair
from watcher.incident.attained import unspoken
from watcher.incident.compose import clock, spell
from watcher.incident.state import Incident
from watcher.incident.suspicion import Suspicion
from watcher.incident.verification import running, unseen
from watcher.view import proving
from watcher.view.summary import held

VERSION_MAX = 100
QUESTION_MAX = 300
PROBLEMS = {
    "outage": "an outage",
    "data-loss": "lost data",
    "payments": "a payment problem",
    "security": "a security problem",
    "authentication": "a sign-in problem",
}
"""By category."""
ACTING = ("investigating", "fixing")
"""While it is, what is recommended is still to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One act, as a button: the word for it in addresses, its label, and what it sends."""

    act: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    strong: bool = False  # the one to press


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is next, in a sentence, and the buttons for it."""

    says: str
    offers: tuple[Offer, ...] = ()


def of(state: Incident | Suspicion, name: str) -> Moment:
    """For whoever looks; `name` is empty where they have not said who they are."""
    return _incident(state, name) if isinstance(state, Incident) else _suspicion(state, name)


def _suspicion(state: Suspicion, name: str) -> Moment:
    if state.status != "suspected":
        return Moment(says="This was answered; nothing is left to do.")
    holder, until = held(state)
    looking = f"{holder} looks at it{f', until {clock(until)}' if until else ''}. " if holder else ""
    mine = holder is not None and holder == name
    look = () if mine else (Offer(act="ack", label="I am looking", strong=True),)
    answers = Offer(act="confirm", label="It is a P0", strong=mine), Offer(act="not-p0", label="It is no P0")
    return Moment(says=f"{looking}Is it a P0?", offers=(*look, *answers))


def suspected(category: str, title: str) -> str:
    """What is suspected, as people say it."""
    return f"Suspected: {PROBLEMS.get(category, category)}. {title}"


def _incident(state: Incident, name: str) -> Moment:
    if state.closed is not None:
        return _closed(state)
    step = _STEPS[state.status](state)
    if state.acknowledged_by is None:
        ack = Offer(act="ack", label="I have it", strong=True)
        rest = () if state.status == "investigating" else step.offers
        return Moment(says="Nobody has it.", offers=(ack, *rest))
    if name and name != state.acknowledged_by:
        take = Offer(act="take", label=f"Take over from {state.acknowledged_by}")
        return Moment(says=step.says, offers=(*step.offers, take))
    if state.asked_for is not None and state.asked_for == state.acknowledged_until:
        still = Offer(act="ack", label="Still on it", strong=True)
        return Moment(says=f"Are you still on it? {step.says}", offers=(still, *step.offers))
    return step


def asks_first(state: Incident) -> str:
    """What is to be known before the action that is recommended, in the words of its page; empty where nothing is."""
    said = state.recommended
    asks = state.status in ACTING and said is not None and said.choice == "rollback" and said.missing
    return f"Before you do: {clean(said.missing[0], QUESTION_MAX)}" if said is not None and asks else ""


def _investigating(state: Incident) -> Moment:
    advised = state.recommended.choice if state.recommended else "undecided"
    choices = {"rollback": "Decide: roll back", "hotfix": "Decide: hotfix"}
    order = sorted(choices, key=lambda choice: choice != advised)
    after = str(len(state.known.decisions))
    offers = tuple(
        Offer(act="decide", label=choices[c], values={"choice": c, "after": after}, strong=c == advised)
        for c in order
    )
    says = {
        "rollback": "A rollback is recommended. You decide.",
        "hotfix": "A hotfix is recommended. You decide.",
    }.get(advised, "Nothing is recommended yet: what is missing stands below. You decide.")
    return Moment(says=says, offers=offers)


def _fixing(state: Incident) -> Moment:
    failed = state.response.failed
    if failed is not None:
        what = clean("; ".join(failed.because), 300) or "it fails on"
        says = f"{_out(state)} does not hold: {what}."
    else:
        says = f"Decided: {state.known.chosen or 'other'}. When it is out, say so: then it is verified."
    return Moment(says=says, offers=_deploying(state))


def _deploying(state: Incident) -> tuple[Offer, ...]:
    proposed = state.response.proposed
    if proposed is not None:
        version = clean(proposed.version, VERSION_MAX)
        label = f"Yes: {version} is the fix, out since {clock(proposed.deployed_at)}"
        return (Offer(act="deployed", label=label, values={"version": version}, strong=True),)
    return (Offer(act="deployed", label="It is deployed", values={"version": meant(state)}, strong=True),)


def meant(state: Incident) -> str:
    """The version that a deployment would be where nobody names one; empty where it cannot be known."""
    return clean(repair.meant(state) or "", VERSION_MAX)


def _verifying(state: Incident) -> Moment:
    quiet = state.response.recovered_at is not None
    says = (
        f"{_out(state)} is quiet, and nothing shows that it is in use. Try what was broken."
        if quiet
        else f"{_out(state)} is out, and is verified once it has been clean for {spell(state.policy.clean_for)}. "
        f"{_seen(state)}"
    )
    tried = Offer(act="tick", label="I tried it: it works", values={"item": "verified"}, strong=quiet)
    return Moment(says=says, offers=(tried,))


def _seen(state: Incident) -> str:
    """What is seen of it so far."""
    found = proving.of(state)
    if found is None or unseen(state):
        return "What failed cannot be looked at now: try it."
    if found.failing:
        return (
            f"It fails so far: {'; '.join(found.failing)}. What fails after {clock(found.settles_at)} counts."
        )
    if found.clean_since is None or found.enough_at is None:
        return "Nothing measures what people said: try it."
    if not found.clean_proves:
        return f"Clean since {clock(found.clean_since)}, and nothing shows that it is in use: try it."
    return f"Clean since {clock(found.clean_since)}: it holds at {clock(found.enough_at)} if it stays clean."


def _watching(state: Incident) -> Moment:
    ended = state.mitigated_at
    until = f" until {clock(ended + state.policy.watch_for)}" if ended else ""
    says = f"It works again. It is watched{until}, and pages again if it comes back."
    ticked, response = state.response.ticked, state.response
    offers = []
    if response.deployed is not None and response.deployed.path == "hotfix" and "smoke-test" not in ticked:
        offers.append(Offer(act="tick", label="Smoke-tested", values={"item": "smoke-test"}, strong=True))
    if response.messages and response.announced is None:
        offers.append(Offer(act="tick", label="Announced", values={"item": "announced"}))
    return Moment(says=says, offers=tuple(offers))


def _closed(state: Incident) -> Moment:
    if state.status == "false_alarm":
        return Moment(says="It was a false alarm; nothing is left to do.")
    says = "It is over. What was learned is written down next."
    if "postmortem" in state.response.ticked:
        return Moment(says="It is over, and its post-mortem is written.")
    ticks = Offer(act="tick", label="The post-mortem is written", values={"item": "postmortem"})
    return Moment(says=says, offers=(ticks,))


def _out(state: Incident) -> str:
    words = clean(running(state), VERSION_MAX)
    return words[:1].upper() + words[1:]


def may(state: Incident | Suspicion, name: str) -> frozenset[str]:
    """The acts that make sense now for whoever looks, whichever stands first: a page shows no others."""
    if isinstance(state, Suspicion):
        return frozenset({"ack", "confirm", "not-p0", "note"} if state.status == "suspected" else {"note"})
    if state.closed is not None:
        judged = {"judge-advice"} if state.known.decided and state.known.judged is None else set()
        return frozenset({"note", "tick", *judged})
    secret = {"release"} if unspoken(state) else set()
    spoken = {"update"} if publishing.speaks(state) else set()
    mine = {"ack"} if name and state.acknowledged_by == name else {"take"}
    return frozenset(_OPEN | secret | spoken | mine)


_OPEN = {"escalate", "state", "decide", "tick", "note", "deployed", "resolve", "false-alarm"}
_STEPS = {
    "investigating": _investigating,
    "fixing": _fixing,
    "verifying": _verifying,
    "watching": _watching,
}
