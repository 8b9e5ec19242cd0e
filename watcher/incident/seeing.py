"""What follows from what the sources see: signals join, clear, are lost from sight."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.recommend import Recommendation
from watcher.incident import advice, compose, repair, verification
from watcher.incident import command as ask
from watcher.incident.draft import Draft
from watcher.incident.event import (
    Recommended,
    Reopened,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
    StillFailing,
    WatchLost,
    WatchRegained,
    Widened,
)
from watcher.incident.record import Sign
from watcher.incident.state import FINAL, Incident
from watcher.incident.watched import Watched, by_word

TURN_EVERY = timedelta(minutes=10)
"""A recommendation that swings wakes at most this often; in between it is told."""


def observe(draft: Draft, command: ask.Observe, now: datetime) -> None:
    against, harmless = _weighed(draft.state, command, now)
    command = ask.Observe(failing=against, clean=(*command.clean, *harmless))
    watched = draft.state.watched
    back = draft.state.status == "watching"  # then whatever fails is news, seen clean before or not
    news = tuple(s for s in command.failing if back or s.ref not in watched or _stale(watched[s.ref]))
    if news:
        _fail(draft, news, now)
    elif command.failing and draft.state.lost and draft.state.lost.regained_at is not None:
        draft.add(StillFailing(at=now))
    clean = tuple(ref for ref in command.clean if ref in watched and watched[ref].clean_from is None)
    if clean:
        draft.add(SignalsCleared(at=now, refs=clean))
    if against := verification.failed(draft.state, command.failing, now):
        repair.fail(draft, against, now)
        recommend(draft, now, page_follows=True)


def _stale(watched: Watched) -> bool:
    """What is known of it is not that it fails."""
    return watched.clean or watched.unseen


def _weighed(
    state: Incident, command: ask.Observe, now: datetime
) -> tuple[tuple[Sign, ...], tuple[str, ...]]:
    """What speaks of what runs now; and, of the rest, what is known here: nothing new happened to it."""
    against = tuple(s for s in command.failing if verification.counts(state, s, now))
    harmless = tuple(s.ref for s in command.failing if s not in against and s.ref in state.watched)
    return against, harmless


def _fail(draft: Draft, signs: tuple[Sign, ...], now: datetime) -> None:
    back = draft.state.status == "watching"
    if back:
        draft.add(Reopened(at=now, because=signs[0].title))
    draft.add(SignalsJoined(at=now, signs=signs))
    added = [c for c in dict.fromkeys(s.category for s in signs) if c not in draft.state.categories]
    for category in added:
        draft.add(Widened(at=now, category=category))
    recommend(draft, now, page_follows=back or bool(added))
    first = draft.state.policy.unacknowledged[0].page
    if back:
        draft.wake(
            "reopened", first, compose.reopened(draft.state, now), now, ladder="unacknowledged", rung=0
        )
    elif added:
        draft.wake("widened", first, compose.widened(draft.state, now), now, ladder="unacknowledged", rung=0)


def recommend(draft: Draft, now: datetime, *, page_follows: bool = False) -> None:
    """Say what to do where that has changed; between rollback and hotfix it wakes, unless a page says it anyway."""
    if draft.state.status in FINAL or draft.state.status == "watching":
        return  # it is over: what is stated now is for the post-mortem
    if draft.state.response.verifying and not advice.taken_back(draft.state):
        return  # something is out: whether it holds comes first
    fresh, before = advice.recommend(draft.state, now), draft.state.recommended
    if before is not None and _said(before) == _said(fresh):
        return
    draft.add(
        Recommended(
            at=now,
            choice=fresh.choice,
            letter=fresh.letter,
            headline=fresh.headline,
            because=fresh.because,
            against=fresh.against,
            missing=tuple(str(question) for question in fresh.missing),
            blockers=fresh.blockers,
            mitigations=fresh.mitigations,
        )
    )
    if before is not None and before.choice != fresh.choice and not page_follows:
        _turn(draft, {before.choice, fresh.choice}, now)


def _said(one: Recommended | Recommendation) -> tuple[object, ...]:
    """What a reader goes by: the action, the first line, and the reasons, which are the evidence of a decision."""
    missing = tuple(str(question) for question in one.missing)
    return one.choice, one.letter, one.headline, one.because, one.against, missing, one.blockers


def _turn(draft: Draft, between: set[str], now: datetime) -> None:
    """Somebody may be acting on the former one."""
    state = draft.state
    if not state.paging or state.response.verifying:
        return  # it is over, or something is out already: now the verification speaks
    to = (state.acknowledged_by,) if state.acknowledged_by else state.policy.unacknowledged[0].page
    recent = any(
        p.request.purpose == "turned" and p.request.kind == "wake" and now - p.request.at < TURN_EVERY
        for p in state.outbox.pages.values()
    )
    words = compose.turned(state, now)
    if between == {"rollback", "hotfix"} and not recent:
        draft.wake("turned", to, words, now)
    else:
        draft.tell("turned", to, words, now)


def unsee(draft: Draft, command: ask.Unsee, now: datetime) -> None:
    """What was clean stops counting. What fails is noted where somebody may try it instead: after a deployment."""
    blind = command.blind and draft.state.response.verifying
    lost = tuple(
        ref
        for ref, w in draft.state.watched.items()
        if command.source in (None, w.sign.source) and _lost(w, broken=command.broken, blind=blind)
    )
    if lost:
        draft.add(SignalsUnseen(at=now, refs=lost, since=command.since, broken=command.broken))


def _lost(watched: Watched, *, broken: bool, blind: bool) -> bool:
    if broken:
        return watched.clean
    failing = not watched.clean and not watched.unseen and not by_word(watched.sign)
    return watched.clean_from is not None or (blind and failing)


def lose_watch(draft: Draft, command: ask.LoseWatch, now: datetime) -> None:
    """Where our network is away already, nothing new is lost; but that we were away ourselves is said each time."""
    if command.since is not None:
        unsee(draft, ask.Unsee(source=None, since=command.since), now)
    lost = draft.state.lost
    known = lost is not None and lost.regained_at is None and command.because == "offline"
    if draft.state.status not in FINAL and not known:
        draft.add(WatchLost(at=now, because=command.because))


def regain_watch(draft: Draft, _command: ask.RegainWatch, now: datetime) -> None:
    lost = draft.state.lost
    if lost is not None and lost.regained_at is None:
        draft.add(WatchRegained(at=now))
