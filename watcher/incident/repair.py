"""What follows from what people do and say while they repair, and from what is seen of a deployment."""

from __future__ import annotations

import re
from datetime import datetime

from watcher.incident import advice, checklist, compose, messages, prompting, publishing, verification
from watcher.incident import command as ask
from watcher.incident.attained import unspoken
from watcher.incident.draft import Draft
from watcher.incident.event import ChangeSeen, Mitigated
from watcher.incident.people import NOTE_MAX, refuse_final
from watcher.incident.record import Sign
from watcher.incident.release import beside, same
from watcher.incident.responding import (
    WATCHER,
    Announced,
    Deployed,
    DeployProposed,
    FixApproved,
    LifeSeen,
    Path,
    Released,
    Ticked,
    Updated,
    VerificationFailed,
    VerificationPassed,
)
from watcher.incident.state import FINAL, Incident
from watcher.incident.watched import by_word

HOTFIX_TAG = re.compile(r"hotfix-v.+")
"""A release that calls itself so was made for this."""
TEXT_MAX = 500


def tick(draft: Draft, command: ask.TickItem, now: datetime) -> None:
    """Some items are facts of their own."""
    item = checklist.BY_NAME.get(command.item)
    if item is None or not item.by_people:
        names = ", ".join(one.name for one in checklist.ITEMS if one.by_people)
        raise ask.Refused(
            f"{command.item!r} is not on the checklist of {draft.state.id}; what can be ticked: {names}"
        )
    if item.name not in checklist.AFTERWARDS:
        refuse_final(draft.state)
    if item.name == "postmortem" and draft.state.status not in FINAL:
        raise ask.Refused(
            f"{draft.state.id} is {draft.state.status}; its post-mortem comes when it is closed"
        )
    if item.name == "smoke-test" and draft.state.response.deployed is None:
        raise ask.Refused(f"nothing is deployed yet; first: watcher deployed {draft.state.id}")
    if item.name == "verified":
        _verified_by(draft, command.by, now)
    if item.name == "announced":
        _announced_by(draft, command, now)
    if item.name == "fix-approved":
        draft.add(FixApproved(at=now, by=command.by, text=command.text[:TEXT_MAX]))
    draft.add(Ticked(at=now, by=command.by, item=item.name, text=command.text[:TEXT_MAX]))


def _announced_by(draft: Draft, command: ask.TickItem, now: datetime) -> None:
    state = draft.state
    if state.mitigated_at is None:
        raise ask.Refused(f"nothing is announced before it is verified; {state.id} is {state.status}")
    if state.response.announced is None:
        draft.add(Announced(at=now, by=command.by, text=command.text[:TEXT_MAX]))


def _verified_by(draft: Draft, by: str, now: datetime) -> None:
    """A person tried it. What is seen failing at this moment speaks louder."""
    state = draft.state
    if state.response.deployed is None:
        raise ask.Refused(f"say first what was deployed: watcher deployed {state.id}")
    if state.response.passed is not None:
        return
    if not state.response.verifying:
        what = verification.running(state)
        failed = "does not hold" if state.response.failed is not None else "did not hold: it came back"
        raise ask.Refused(f"{what} {failed}; when something else is out: watcher deployed {state.id}")
    watched = (w for w in state.watched.values() if not by_word(w.sign))
    fails = [w.sign.title for w in watched if not w.clean and not w.unseen]
    if fails:
        raise ask.Refused(
            f"{fails[0]} has not been seen clean since the deployment; {state.id} is not verified"
        )
    passed(draft, by, now)


def review(draft: Draft, command: ask.Review, now: datetime) -> None:
    """Seen once is enough."""
    state = draft.state
    if state.status not in FINAL and "deployments" not in state.response.ticked:
        draft.add(Ticked(at=now, by=command.by, item="deployments", text="seen on the page of the incident"))


def update(draft: Draft, command: ask.Update, now: datetime) -> None:
    """It leaves at once, and the next one is due an interval later."""
    refuse_final(draft.state)
    if unspoken(draft.state):
        raise ask.Refused(f"{draft.state.id} is a security incident; first: watcher release {draft.state.id}")
    draft.add(Updated(at=now, by=command.by, text=command.text[:NOTE_MAX]))
    publish(draft, now)


def publish(draft: Draft, now: datetime) -> None:
    """The message that fits the moment."""
    state = draft.state
    if not publishing.speaks(state):
        return
    following = now + state.policy.updates_every if state.policy.updates_every else None
    if state.status == "watching":
        _publish_watching(draft, now)
    elif state.response.back_at is not None:
        draft.publish("back", messages.back(state, following), now)
    elif not state.response.messages:
        draft.publish("detected", messages.detected(state, following), now)
    else:
        draft.publish("progress", messages.progress(state, following), now)


def _publish_watching(draft: Draft, now: datetime) -> None:
    """Whoever has not heard yet that it works again hears it with these words."""
    state, since = draft.state, draft.state.mitigated_at or now
    if any(m.about == "fixed" and m.taken and m.at >= since for m in state.response.messages):
        draft.publish("progress", messages.watching(state, now), now)
    else:
        draft.publish("fixed", messages.fixed(state, now), now)


def release(draft: Draft, command: ask.Release, now: datetime) -> None:
    if not draft.state.policy.secret:
        raise ask.Refused(f"{draft.state.id} is no security incident: nothing is held back")
    if draft.state.response.released is None:
        draft.add(Released(at=now, by=command.by))


def deploy(draft: Draft, command: ask.Deploy, now: datetime) -> None:
    """The fix is out, as a person says."""
    refuse_final(draft.state)
    state = draft.state
    version = command.version or meant(state)
    at = min(command.deployed_at or _known_at(state, version) or now, now)
    harm = state.response.lulls[-1][1] if state.response.lulls else state.started_at
    if at < harm:
        raise ask.Refused(
            f"what was deployed before {compose.clock(harm)} is no fix: the harm {_began(state)} then"
        )
    if command.deployed_at is not None or not _runs(state, version):
        out(draft, version, at, command.by, now)


def _began(state: Incident) -> str:
    return "came back" if state.response.lulls else "began"


def _runs(state: Incident, version: str | None) -> bool:
    """Said before, and nothing speaks against it since: another word for it does not begin its verification anew."""
    deployed = state.response.deployed
    if deployed is None or deployed.version is None or version is None:
        return False
    stands = state.response.verifying or state.response.passed is not None
    return stands and same(deployed.version, version)


def meant(state: Incident) -> str | None:
    """What was deployed, where nobody names it: the rollback that was decided and is not out, else what was seen going out."""
    suspect, proposed = advice.suspect(state), state.response.proposed
    back = suspect.previous if state.known.chosen == "rollback" and suspect is not None else None
    if back is not None and (proposed is None or not _runs(state, back)):
        return back
    return proposed.version if proposed is not None else None


def _known_at(state: Incident, version: str | None) -> datetime | None:
    """When it went out, where that was seen."""
    proposed = state.response.proposed
    seen = proposed is not None and version is not None and same(proposed.version, version)
    return proposed.deployed_at if proposed is not None and seen else None


def out(
    draft: Draft, version: str | None, at: datetime, by: str, now: datetime, system: str | None = None
) -> None:
    """Something is deployed that shall repair it; from here on it is verified."""
    path, behind = _path(draft.state, version, system)
    draft.add(Deployed(at=now, by=by, version=version, deployed_at=at, path=path, behind=behind))


def _path(state: Incident, version: str | None, system: str | None) -> tuple[Path, str | None]:
    """Back to the release before the suspected one is a rollback, whatever was decided."""
    suspect = advice.suspect(state)
    decided = state.known.chosen
    if suspect is not None and version is not None and _is_way_back(suspect, version, system):
        return "rollback", suspect.version
    if version is None and decided == "rollback":
        return "rollback", suspect.version if suspect is not None else None
    return ("other" if decided == "other" else "hotfix"), None


def see_deploy(draft: Draft, change: ChangeSeen, now: datetime) -> None:
    """Something went out while it was open: by itself only what was recommended, or what calls itself a hotfix."""
    state = draft.state
    deployed = state.response.deployed
    if change.deployed_at <= state.opened.at or (
        deployed is not None and (change.deployed_at <= deployed.deployed_at or _runs(state, change.version))
    ):
        return
    if _recommended(state, change) or HOTFIX_TAG.fullmatch(change.version):
        out(draft, change.version, change.deployed_at, WATCHER, now, change.system)
        return
    proposal = DeployProposed(
        at=now, version=change.version, deployed_at=change.deployed_at, told_by=change.told_by
    )
    draft.add(proposal)
    draft.tell("deploy", holder(draft.state), prompting.proposed(draft.state, proposal), now)


def _is_way_back(suspect: ChangeSeen, version: str, system: str | None) -> bool:
    """Whether a deployment takes the suspected one back: the release before it, of the same system."""
    back = suspect.previous is not None and same(version, suspect.previous)
    return back and not beside(suspect.system, system)


def _recommended(state: Incident, change: ChangeSeen) -> bool:
    """The release that a rollback was recommended to."""
    suspect = advice.suspect(state)
    advised = state.recommended is not None and state.recommended.choice == "rollback"
    decided = state.known.chosen == "rollback"
    back = suspect is not None and _is_way_back(suspect, change.version, change.system)
    return (advised or decided) and back and _from_here(state, change)


def _from_here(state: Incident, change: ChangeSeen) -> bool:
    """What it replaced, where that is told, is what ran here: two services may have versions of the same number."""
    ran = {one.version for one in (advice.suspect(state), state.response.deployed) if one is not None}
    return change.previous is None or any(same(change.previous, one) for one in ran if one is not None)


def see_life(draft: Draft, command: ask.SeeLife, now: datetime) -> None:
    """Said once for each deployment."""
    deployed = draft.state.response.deployed
    if deployed is None or not draft.state.response.verifying or draft.state.response.life is not None:
        return
    if verification.is_life(draft.state, command.version):
        draft.add(LifeSeen(at=now, version=command.version, what=command.what[:TEXT_MAX]))


def fail(draft: Draft, signs: tuple[Sign, ...], now: datetime) -> None:
    """What was deployed does not hold: said at once, and it rings where nobody has it."""
    deployed = draft.state.response.deployed
    titles = tuple(sign.title for sign in signs[: compose.SIGNS_SHOWN])
    draft.add(VerificationFailed(at=now, version=deployed.version if deployed else None, because=titles))
    state = draft.state
    if state.acknowledged_by is not None:
        draft.tell("unverified", (state.acknowledged_by,), prompting.failed(state), now)
    else:
        draft.wake("unverified", state.policy.unacknowledged[0].page, prompting.failed(state), now)


def passed(draft: Draft, by: str, now: datetime) -> None:
    """It holds: mitigated, if it was not yet; then it may be announced."""
    state = draft.state
    deployed, because = state.response.deployed, verification.because(state)
    ahead = state.response.behind
    version = deployed.version if deployed else None
    paged = draft.paged(now)
    draft.add(VerificationPassed(at=now, by=by, version=version, because=because))
    if state.status == "watching":
        if ahead is not None and draft.state.response.behind is None:
            words = prompting.forward(draft.state, verification.running(draft.state))
            draft.tell("recovered", holder(draft.state), words, now)
        return
    draft.add(Mitigated(at=now, because=f"{verification.running(state)} holds"))
    draft.tell("recovered", paged, prompting.verified(draft.state, now), now)
    announce(draft, now)


def announce(draft: Draft, now: datetime) -> None:
    """Whoever was told that it broke is told that it works: never before."""
    if draft.state.response.messages and publishing.speaks(draft.state):
        draft.publish("fixed", messages.fixed(draft.state, now), now)


def holder(state: Incident) -> tuple[str, ...]:
    """Whoever has it; where nobody has, whoever is paged first."""
    return (state.acknowledged_by,) if state.acknowledged_by else state.policy.unacknowledged[0].page
