"""The words of what is asked of people while the protocol runs: short, with the command to type. Pure."""

from __future__ import annotations

from datetime import datetime

from watcher.incident import verification
from watcher.incident.compose import clock, spell, title
from watcher.incident.draft import Words
from watcher.incident.protocol import Step
from watcher.incident.responding import DeployProposed
from watcher.incident.state import Incident
from watcher.incident.verification import because, running


def checkpoint(
    state: Incident, step: Step, due: datetime, following: tuple[tuple[Step, datetime], ...]
) -> Words:
    """One is about to lapse; those soon after it are named as well, for no other word comes before them."""
    command = step.command.format(id=state.id)
    soon = [f"By {clock(at)}: {later.asks}." for later, at in following]
    return title(state, f"by {clock(due)}: {step.asks}"), (command, *soon)


def words(state: Incident, due: datetime) -> Words:
    """The next update leaves with or without somebody's words."""
    return title(state, f"an update leaves at {clock(due)}"), (
        "It says only what the watcher knows. Add what you know:",
        f"watcher update {state.id} TEXT",
    )


def proposed(state: Incident, deploy: DeployProposed) -> Words:
    """Something was deployed: is it the fix?"""
    return title(state, f"{deploy.version} went out at {clock(deploy.deployed_at)}: is it the fix?"), (
        f"If it is: watcher deployed {state.id} --version {deploy.version}",
        "Then it is verified. If it is not, there is nothing to do.",
    )


def failed(state: Incident) -> Words:
    """What was deployed does not hold."""
    verdict, deployed = state.response.failed, state.response.deployed
    fails = [f"Fails: {line}" for line in verdict.because] if verdict else []
    quick = "watcher show " + state.id
    if deployed is not None and deployed.path != "rollback":
        undo = f"Quick way back: roll back {running(state)}. How far it is: {quick}"
    else:
        undo = f"The rollback did not help. What else is possible: {quick}"
    return title(state, f"{running(state)} does not hold"), (*fails, undo)


def quiet(state: Incident) -> Words:
    """Clean, and nothing says that anybody uses it."""
    return title(state, f"quiet, not verified: no traffic seen on {running(state)}"), (
        "Nothing fails, and nothing shows that the release is in use. Try what was broken, then:",
        f"watcher tick {state.id} verified",
    )


def unseen(state: Incident) -> Words:
    """Nobody knows whether it holds."""
    blind = ", ".join(verification.unseen(state))
    return title(state, f"{running(state)} is not verified: {blind} cannot see"), (
        "What failed cannot be looked at. Try it, then:",
        f"watcher tick {state.id} verified",
    )


def verified(state: Incident, now: datetime) -> Words:
    """It holds."""
    behind = state.response.behind
    back = [f"Production runs behind {behind}: a newer release has to follow."] if behind else []
    return title(state, f"{running(state)} holds"), (
        f"Verified at {clock(now)}: {'; '.join(because(state)) or 'as a person says'}.",
        f"Watching for {spell(state.policy.watch_for)}; you are paged again if it comes back.",
        *back,
    )


def forward(state: Incident, version: str) -> Words:
    """Production is ahead of the rollback again."""
    return title(state, f"{version} holds: the rollback is behind you"), (
        "Nothing is left to be done about it.",
    )


def behind(state: Incident) -> Words:
    """Rolled back is not finished."""
    running_, ahead = running(state), state.response.behind
    return title(state, f"production runs {running_}, behind {ahead}"), (
        f"The next release must not carry again what {ahead} broke.",
        f"When it is out: watcher deployed {state.id} --version V",
    )


def postmortem(state: Incident, now: datetime, *, overdue: bool) -> Words:
    """The file is closed; what was learned is not written down."""
    what = "the post-mortem is overdue" if overdue else "the post-mortem"
    closed = state.closed.at if state.closed else now
    behind_ = state.response.behind
    return title(state, what), (
        f"Closed {spell(now - closed)} ago. The draft has the timeline and the times already:",
        f"watcher postmortem {state.id} > {state.id}.md   then: watcher tick {state.id} postmortem",
        *([f"Production still runs behind {behind_}."] if behind_ else []),
    )
