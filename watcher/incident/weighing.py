"""What follows from evidence and from what people know: the recommendation in the same append, and a page where it turns."""

from __future__ import annotations

from datetime import datetime

from watcher.incident import advice, compose
from watcher.incident import command as ask
from watcher.incident.deploys import goes_back
from watcher.incident.draft import Draft
from watcher.incident.findings import (
    CauseFound,
    Decided,
    FactStated,
    ImpactMeasured,
    Judged,
    MajorityAffected,
    NothingDeployed,
    ThirdPartyDown,
)
from watcher.incident.knowledge import share
from watcher.incident.news import FOLLOW_UP_AFTER
from watcher.incident.people import refuse_final
from watcher.incident.repair import see_deploy
from watcher.incident.seeing import recommend
from watcher.incident.state import FINAL, Incident

MATERIAL = 0.1
"""A measurement that moves by less than a tenth says nothing new; the log is no time series."""
CHANGES_MAX = 20
TEXT_MAX = 500


def measure(draft: Draft, command: ask.Measure, now: datetime) -> None:
    """Who is affected. Over a half is said once: a page at once, and the acknowledgement is set aside."""
    state = draft.state
    if state.status in FINAL or not _news(state.known.impacts.get(command.impact.measure), command.impact):
        return
    draft.add(command.impact.model_copy(update={"at": now}))
    if share(command.impact).over_half and draft.state.known.majority is None:
        draft.add(MajorityAffected(at=now, measure=command.impact.measure))
        recommend(draft, now, page_follows=True)
        if not draft.state.paging:
            return  # it has ended meanwhile; should it come back, whoever is woken hears of it
        if not state.acknowledged_by and _just_rang(draft, now):
            return  # whoever is being woken at this moment hears it in the follow-up, and with each repetition
        first = draft.state.policy.unacknowledged[0].page
        words = compose.majority(draft.state, now)
        draft.wake("widened", first, words, now, ladder="unacknowledged", rung=0)
    else:
        recommend(draft, now)


def _just_rang(draft: Draft, now: datetime) -> bool:
    requests = (page.request for page in draft.state.outbox.pages.values())
    return any(r.kind == "wake" and now - r.at < FOLLOW_UP_AFTER for r in requests)


def _news(before: ImpactMeasured | None, after: ImpactMeasured) -> bool:
    if before is None or share(before).over_half != share(after).over_half:
        return True
    pairs = (
        (before.affected, after.affected),
        (before.active, after.active),
        (before.at_most, after.at_most),
    )
    return any(_moved(old, new) for old, new in pairs)


def _moved(old: int | None, new: int | None) -> bool:
    if old is None or new is None:
        return old != new
    return abs(new - old) > MATERIAL * max(old, 1)


def see_change(draft: Draft, command: ask.SeeChange, now: datetime) -> None:
    """A deploy that nobody had told of when the incident opened."""
    state, change = draft.state, command.change
    same = (c for c in state.changes if (c.version, c.system) == (change.version, change.system))
    known = next(same, None)
    if known is not None and goes_back(known, change, state.changes):
        known = None
    richer = known is not None and any(
        getattr(known, name) is None and getattr(change, name) is not None for name in ("previous", "commit")
    )
    if state.status in FINAL or (known is not None and not richer) or len(state.changes) >= CHANGES_MAX:
        return
    seen = change.model_copy(update={"at": now, "deployed_at": min(change.deployed_at, now)})  # clocks differ
    draft.add(seen)
    if known is None:
        see_deploy(draft, seen, now)
    recommend(draft, now)


def see_no_change(draft: Draft, command: ask.SeeNoChange, now: datetime) -> None:
    """Said once; a deploy that anybody tells of speaks against it."""
    state = draft.state
    if state.status in FINAL or state.changes or state.known.nothing_deployed:
        return
    draft.add(NothingDeployed(at=now, told_by=command.told_by))
    recommend(draft, now)


def find_cause(draft: Draft, command: ask.FindCause, now: datetime) -> None:
    before = draft.state.known.cause_found
    if draft.state.status in FINAL or (
        before and (before.cause, before.evidence) == (command.cause, command.evidence)
    ):
        return
    evidence = command.evidence[:TEXT_MAX]
    draft.add(CauseFound(at=now, cause=command.cause, evidence=evidence, url=command.url))
    recommend(draft, now)


def find_third_party(draft: Draft, command: ask.FindThirdParty, now: datetime) -> None:
    """Nothing of ours to undo; a person's word counts before it."""
    if draft.state.status in FINAL or draft.state.known.third_party_found == command.name:
        return
    draft.add(ThirdPartyDown(at=now, name=command.name, told_by=command.told_by))
    recommend(draft, now)


def state_fact(draft: Draft, command: ask.State, now: datetime) -> None:
    """What a person knows; each fact re-evaluates at once, in one append with its recommendation."""
    refuse_final(draft.state)
    for fact, value in command.facts.items():
        text = value[:TEXT_MAX] if isinstance(value, str) else value
        draft.add(FactStated(at=now, by=command.by, fact=fact, value=text))
    recommend(draft, now)


def decide(draft: Draft, command: ask.Decide, now: datetime) -> None:
    """A person decides; what was recommended at that moment stands beside it."""
    refuse_final(draft.state)
    _refuse_unseen(draft.state, command)
    recommended = draft.state.recommended.choice if draft.state.recommended else "undecided"
    if advice.taken_back(draft.state) is not None:
        recommended = "rollback"  # as it stood until it was done
    text = command.text[:TEXT_MAX]
    draft.add(Decided(at=now, by=command.by, choice=command.choice, recommended=recommended, text=text))


def _refuse_unseen(state: Incident, command: ask.Decide) -> None:
    """A page that stood open overrides nobody's decision without a word."""
    made = state.known.decisions
    if command.after is not None and command.after < len(made):
        last = made[-1]
        raise ask.Refused(
            f"{last.by} decided {last.choice} at {compose.clock(last.at)}, after your page was made;"
            " if you still want another way, decide again"
        )


def judge(draft: Draft, command: ask.JudgeAdvice, now: datetime) -> None:
    """Also, and mostly, after the end."""
    draft.add(Judged(at=now, by=command.by, right=command.right))
