"""The timeline: each event as a line for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from rules.mask import clean
from watcher.incident import event as fact
from watcher.incident import findings
from watcher.incident import responding as did
from watcher.incident import surroundings as around
from watcher.incident.compose import clock, spell
from watcher.incident.event import (
    Event,
    PageRequested,
)
from watcher.incident.protocol import BY_NAME

TEXT_MAX = 500
"""A line of a timeline; a person's note is longer and is cut only here."""
NAMED_MAX = 5
"""Signals named in one line; the rest is a count."""

Pages = Mapping[int, PageRequested]
"""The stream's pages by version: who was meant on which target."""


class Numbered(Protocol):
    """An event where it stands in its stream."""

    @property
    def version(self) -> int: ...

    @property
    def event(self) -> Event: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact, in words."""

    at: datetime
    event: str
    text: str

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} UTC  {self.text}"

    def plain(self) -> dict[str, str]:
        """For JSON."""
        return {"at": self.at.isoformat(), "event": self.event, "text": self.text}


def lines(rows: Iterable[Numbered]) -> Iterator[Line]:
    """The stream's events, in order."""
    pages: dict[int, PageRequested] = {}
    advice: fact.Recommended | None = None
    for row in rows:
        event = row.event
        if isinstance(event, PageRequested):
            pages[row.version] = event
        if isinstance(event, fact.Recommended):
            stands, advice = repeats(event, advice), event
            if stands:
                yield _line(event, f"the advice stands; now for it: {'; '.join(event.because) or 'nothing'}")
                continue
        yield line(event, pages)


def repeats(event: fact.Recommended, before: fact.Recommended | None) -> bool:
    """Whether the advice is what it was, for other reasons."""
    return before is not None and all(
        getattr(event, name) == getattr(before, name) for name in ("choice", "letter", "headline")
    )


def line(event: Event, pages: Pages) -> Line:
    """One event in words."""
    return _line(event, _WORDS.get(type(event), _spelled)(event, pages))


def _line(event: Event, words: str) -> Line:
    return Line(at=event.at, event=type(event).__name__, text=" ".join(clean(words, TEXT_MAX).split()))


def _list(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - NAMED_MAX} more" if len(known) > NAMED_MAX else ""
    return ", ".join(known[:NAMED_MAX]) + more


def _with(words: str, text: str) -> str:
    return f"{words}: {text}" if text else words


def _whom(target: str, page: int, pages: Pages) -> str:
    """Ann on ann-phone; a fallback is its contact's as well."""
    deliveries = pages[page].deliveries if page in pages else ()
    contact = next((d.contact for d in deliveries if target in (d.target, d.fallback) and d.contact), None)
    return f"{contact} on {target}" if contact else target


def _spelled(event: Event, _: Pages) -> str:
    """The name of a fact as words: StillFailing is "still failing"."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__).lower()


def _requested(event: PageRequested, _: Pages) -> str:
    verb = {"wake": "paging", "tell": "telling", "publish": "publishing to"}[event.kind]
    whom = _list(f"{d.contact} on {d.target}" if d.contact else d.target for d in event.deliveries)
    return f"{verb} {whom or 'nobody'}: {event.title}"


def _accepted(event: fact.PageAccepted, pages: Pages) -> str:
    wakes = event.page not in pages or pages[event.page].kind == "wake"
    tries = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return f"{'paged' if wakes else 'told'} {_whom(event.target, event.page, pages)} (accepted{tries})"


def _failed(event: fact.PageFailed, pages: Pages) -> str:
    word = "no answer from" if event.unknown else "could not reach"
    then = f"again at {event.retry_at:%H:%M:%S}" if event.retry_at else "given up"
    reason = _with(event.reason, event.detail)
    return f"{word} {_whom(event.target, event.page, pages)} ({reason}), {then}"


def _abandoned(event: fact.PageAbandoned, pages: Pages) -> str:
    if event.target is None:
        return f"the page reached nobody ({event.reason})"
    return f"gave up paging {_whom(event.target, event.page, pages)} ({event.reason})"


def _deployed(event: fact.ChangeSeen | around.DeployReported, _: Pages) -> str:
    what = f"{event.version} after {event.previous}" if event.previous else event.version
    where = f" of {event.system}" if event.system else ""
    migration = {True: ", with a migration", False: "", None: ""}[event.migration]
    return f"deploy{where}: {what} at {clock(event.deployed_at)}{migration} (told by {event.told_by})"


def _measured(event: findings.ImpactMeasured) -> str:
    bound = "at least " if event.lower_bound else ""
    many = "unknown" if event.affected is None else f"{bound}{event.affected}"
    of = "" if event.active is None else f" of {event.active}"
    groups = "".join(f"; {name}: {users}" for name, users in event.groups)
    rate = "" if event.error_rate is None else f"; error rate {event.error_rate * 100:.0f} %"
    return f"affected: {many}{of}, {event.measure}{groups}{rate}"


def _recommended(event: fact.Recommended, _: Pages) -> str:
    letter = (
        ""
        if event.letter.startswith(("undetermined", event.choice))
        else f" (the letter says {event.letter})"
    )
    return f"recommended {event.choice}{letter}: {event.headline}"


def _started(event: around.DaemonStarted, _: Pages) -> str:
    down = f"; nothing was watched for {spell(event.at - event.down_since)}" if event.down_since else ""
    return f"watcher {event.version} started{down}"


def _silenced(event: around.Silenced, _: Pages) -> str:
    match = " ".join(f"{key}={value}" for key, value in event.match.items())
    return f"{event.by} silenced {match} until {event.until:%Y-%m-%d %H:%M} UTC: {event.because}"


def _met(event: did.CheckpointMet, _: Pages) -> str:
    late = f", {spell(event.late)} late" if event.late else ""
    return f"checkpoint {event.checkpoint} met{late}"


def _out(event: did.Deployed, _: Pages) -> str:
    way = {"rollback": "rolled back", "hotfix": "deployed", "other": "deployed"}[event.path]
    to = f" to {event.version}" if event.path == "rollback" else f": {event.version}"
    behind = f"; production is behind {event.behind}" if event.behind else ""
    return f"{way}{to if event.version else ''} at {clock(event.deployed_at)} (said by {event.by}){behind}"


def _fact(value: object) -> str:
    """What was stated, as people say it."""
    if value is None:
        return "open again"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_LOST = {"down": "the watcher was down", "offline": "our own network was away"}

_WORDS: dict[type[Event], Callable[[Any, Pages], str]] = {
    fact.Opened: lambda e, _: f"opened as P0 {e.category} in {e.environment}: {e.title}",
    fact.SignalsJoined: lambda e, _: f"failing: {_list(s.title for s in e.signs)}",
    fact.SignalsCleared: lambda e, _: f"seen clean: {_list(e.refs)}",
    fact.SignalsUnseen: lambda e, _: f"not seen since {e.since:%H:%M:%S}: {_list(e.refs)}",
    fact.Widened: lambda e, _: f"now also {e.category}",
    fact.ChangeSeen: _deployed,
    fact.Recommended: _recommended,
    fact.Escalated: lambda e, _: f"escalated: rung {e.rung + 1} of the {e.ladder} ladder",
    fact.PageRequested: _requested,
    fact.PageAccepted: _accepted,
    fact.PageFailed: _failed,
    fact.PageAbandoned: _abandoned,
    fact.Acknowledged: lambda e, _: f"{e.by} acknowledged by {e.via}, until {clock(e.until)}",
    fact.AcknowledgementExpired: lambda e, _: f"nothing heard of {e.owner}: the acknowledgement ended",
    fact.Taken: lambda e, _: f"{e.by} took over, until {clock(e.until)}",
    fact.EscalationAsked: lambda e, _: f"{e.by} asked for help",
    fact.ReachedNobody: lambda e, _: f"rung {e.rung + 1} of the {e.ladder} ladder reached nobody",
    fact.WatchLost: lambda e, _: f"nobody was watching: {_LOST[e.because]}",
    fact.WatchRegained: lambda *_: "our own network is back",
    fact.StillFailing: lambda *_: "a fresh look: it fails on",
    fact.Recovered: lambda e, _: f"recovered: everything clean since {e.since:%H:%M:%S}",
    fact.Mitigated: lambda e, _: _with("mitigated", e.because),
    fact.Reopened: lambda e, _: f"came back: {e.because}",
    fact.Resolved: lambda e, _: _with(f"resolved by {e.by}", e.text),
    fact.MarkedFalse: lambda e, _: _with(f"marked as a false alarm by {e.by}", e.text),
    fact.Closed: lambda e, _: f"closed as {e.outcome.replace('_', ' ')}",
    fact.Noted: lambda e, _: f"{e.by} notes: {e.text}",
    around.Suspected: lambda e, _: f"suspected {e.sign.category} in {e.environment}: {e.sign.title}",
    around.Confirmed: lambda e, _: _with(f"{e.by} says that it is a P0", e.incident),
    around.Dismissed: lambda e, _: _with(f"{e.by} says that it is no P0", e.text),
    around.SourceBlinded: lambda e, _: f"cannot see ({_with(e.reason, e.detail)})",
    around.SourceSighted: lambda e, _: f"sees again after {spell(e.blind_for)}",
    findings.ImpactMeasured: lambda e, _: _measured(e),
    findings.MajorityAffected: lambda e, _: f"more than half of the users are affected, by {e.measure}",
    findings.CauseFound: lambda e, _: f"the cause is {e.cause}: {e.evidence}",
    findings.NothingDeployed: lambda e, _: f"nothing was deployed before (told by {e.told_by})",
    findings.ThirdPartyDown: lambda e, _: (
        f"{e.name} is down: a third party (told by {e.told_by})"
        if e.name
        else f"no third party is down any more (told by {e.told_by})"
    ),
    findings.FactStated: lambda e, _: f"{e.by} states: {e.fact} is {_fact(e.value)}",
    findings.Decided: lambda e, _: f"{e.by} decides: {e.choice} (recommended: {e.recommended})",
    findings.Judged: lambda e, _: f"{e.by} judges the recommendation {'right' if e.right else 'wrong'}",
    did.CheckpointMet: _met,
    did.CheckpointMissed: lambda e, _: f"missed: {BY_NAME[e.checkpoint].asks} (by {clock(e.due)})",
    did.Ticked: lambda e, _: _with(f"{e.by} ticks {e.item}", e.text),
    did.FixApproved: lambda e, _: _with(f"{e.by} approves the fix", e.text),
    did.Updated: lambda e, _: f"{e.by} tells the stakeholders: {e.text}",
    did.Announced: lambda e, _: _with(f"announced by {e.by}", e.text),
    did.Released: lambda e, _: f"{e.by} releases it: it may be spoken of",
    did.DeployProposed: lambda e, _: f"{e.version} went out at {clock(e.deployed_at)}: is it the fix?",
    did.Deployed: _out,
    did.LifeSeen: lambda e, _: f"in use: {e.what}",
    did.VerificationPassed: lambda e, _: _with(
        f"verified by {e.by}: {e.version or 'what was deployed'} holds", "; ".join(e.because)
    ),
    did.VerificationFailed: lambda e, _: _with(
        f"{e.version or 'what was deployed'} does not hold", "; ".join(e.because)
    ),
    around.SightLost: lambda _, __: "nothing that watches sees any more",
    around.SightRegained: lambda _, __: "something sees again",
    around.DeployReported: _deployed,
    around.Silenced: _silenced,
    around.SilenceEnded: lambda e, _: f"silence {e.silence} ended by {e.by}",
    around.Overridden: lambda e, _: (
        f"{e.by} puts {e.person} on call from {e.begins:%Y-%m-%d %H:%M} until {e.until:%Y-%m-%d %H:%M} UTC: {e.because}"
    ),
    around.OverrideEnded: lambda e, _: f"override {e.override} ended by {e.by}",
    around.DaemonStarted: _started,
    around.DaemonStopped: lambda e, _: f"watcher stopped: {e.because}",
    around.CarePlanned: lambda e, _: f"canary: {f'{e.canary} every {spell(e.every)}' if e.every else 'none'}",
    around.PageProven: lambda e, _: f"{e.by} answered test page {e.page} by {e.via}",
    around.AuditFailed: lambda e, _: f"the watcher is not well: {_list(e.complaints)}",
    around.AuditPassed: lambda e, _: f"the watcher is well again after {spell(e.failed_for)}",
    around.DrillAnswered: lambda e, _: f"{e.by} answered the drill INC-{e.incident} in {spell(e.took)}",
    around.SignalSetAside: lambda e, _: f"could not judge {e.key} of {e.source} ({e.error}); set aside",
}
