"""Does what was deployed hold? Pure readings of an incident; three-valued: what cannot be seen is neither yes nor no.

1. Clean time counts from the deployment on. Events stamped before it, and events of a release from before it, say
   nothing of it. A release that nobody knew before is newer, and what fails in it fails.
2. Every signal that can be looked at has been seen clean for the whole window.
3. Quiet proves nothing: where no probe covers what broke, a sign of life of the release is asked for, or a person's word.
4. While it settles (old and new answer in turn) a failure holds the clean time, and is no verdict.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.incident.record import Sign
from watcher.incident.release import same
from watcher.incident.responding import Deployed
from watcher.incident.state import Incident

SETTLE = timedelta(minutes=2)
"""A rolling deploy, caches, clients that reconnect."""
FRESH = timedelta(seconds=90)
"""A poll is half a minute apart, and a tracker takes some seconds to count an event: what is older has ended."""


def counts(state: Incident, sign: Sign, now: datetime) -> bool:
    """Whether a failing signal says anything of what runs now."""
    deployed = state.response.deployed
    if sign.last_at is not None:
        began = (deployed.deployed_at if deployed else None, state.mitigated_at)
        if any(at is not None and sign.last_at <= at for at in began):
            return False
        if _settling(state, sign.last_at) and now - sign.last_at > FRESH:
            return False
    if (
        deployed is None
        or deployed.version is None
        or sign.release is None
        or not sign.source.startswith("sentry:")
    ):
        return True
    return same(sign.release, deployed.version) or not _known_before(state, deployed, sign.release)


def _settling(state: Incident, at: datetime) -> bool:
    """While it settled: what is over by now says nothing. What fails later fails, however late we hear of it."""
    deployed = state.response.deployed
    return state.response.verifying and deployed is not None and at <= deployed.deployed_at + SETTLE


def _known_before(state: Incident, deployed: Deployed, release: str) -> bool:
    """It failed, or was deployed, before the deployment: a late event of it is none of what runs now."""
    failing = (w.sign.release for w in state.watched.values() if w.sign.seen_at < deployed.deployed_at)
    former = (c for c in state.changes if c.deployed_at < deployed.deployed_at)
    known = (*failing, deployed.behind, *(v for c in former for v in (c.version, c.previous)))
    return any(same(one, release) for one in known if one is not None)


def is_life(state: Incident, version: str | None) -> bool:
    """Whether a release that is seen in use is what was deployed. Where nobody named that, one that was known before is not."""
    deployed = state.response.deployed
    if deployed is None:
        return False
    if deployed.version is not None:
        return version is not None and same(deployed.version, version)
    return version is None or not _known_before(state, deployed, version)


def failed(state: Incident, signs: tuple[Sign, ...], now: datetime) -> tuple[Sign, ...]:
    """The failing signals that speak against what was deployed; none while it settles."""
    deployed = state.response.deployed
    if deployed is None or not state.response.verifying:
        return ()
    settled = deployed.deployed_at + SETTLE
    if now < max(settled, deployed.at):
        return ()
    return tuple(s for s in signs if s.last_at is None or s.last_at > settled)


def covered(state: Incident) -> bool:
    """Whether a probe that failed stands for what broke: when it passes, people can do it again."""
    return any(w.sign.source.startswith("health:") for w in state.watched.values())


def lively(state: Incident) -> bool:
    """What is clean is clean in use."""
    return covered(state) or state.response.life is not None


def because(state: Incident) -> tuple[str, ...]:
    """What speaks for it, in words; and what nobody could look at."""
    life, clean = state.response.life, [w.sign for w in state.watched.values() if w.clean]
    probes = sorted({sign.key for sign in clean if sign.source.startswith("health:")})
    issues = sum(sign.source.startswith("sentry:") for sign in clean)
    return (
        *(f"{name} passes" for name in probes),
        *([f"no new events of {issues} issue{'s' if issues > 1 else ''}"] if issues else []),
        *([f"in use: {life.what}"] if life is not None else []),
        *(f"not seen: {source}" for source in unseen(state)),
    )


def unseen(state: Incident) -> tuple[str, ...]:
    """The sources that cannot see what failed."""
    return tuple(sorted({w.sign.source for w in state.watched.values() if w.unseen}))


def running(state: Incident) -> str:
    """What was deployed, as people call it."""
    deployed = state.response.deployed
    return deployed.version if deployed is not None and deployed.version else "what was deployed"
