"""The words of pages, from the facts of an incident. Pure. The first line says what to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.advice import AFFECTED, ONE_SYSTEM, UNDOES_NOTHING
from watcher.incident import advice
from watcher.incident.findings import ImpactMeasured
from watcher.incident.knowledge import STATED
from watcher.incident.record import Sign
from watcher.incident.state import Incident
from watcher.incident.watched import by_word

SIGNS_SHOWN = 3
"""A page is read on a phone: the rest is a count."""
GROUPS_SHOWN = 4
MITIGATIONS_SHOWN = 2
TITLE_MAX = 120
MARK_MAX = 50
USUAL_MARK = "unacknowledged 15 min"
ELLIPSIS = "\u2026"
MATTER_MIN = 12
"""Of a matter in less room nothing can be read."""
QUIET_RESOLVED = timedelta(minutes=10)
"""A person said it is over: the counters of the last minutes may still show it. Longer than any usual window."""
QUIET_DISMISSED = timedelta(hours=24)
"""A person said it was nothing: the same signal says nothing new for a day, or until it was clean in between."""


def opened(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The first page, and its repetitions."""
    return title(state, f"P0 {_categories(state)}"), _situation(state, now)


def again(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    climb = state.climbs["unacknowledged"]
    since = f"unacknowledged {spell(now - climb.began)}"
    mark = f"{climb.owner}'s acknowledgement has ended" if climb.owner else since
    return title(state, f"P0 {_categories(state)}", mark), _situation(state, now)


def escalated(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    taken = f"{state.acknowledged_by} has it" if state.acknowledged_by else "nobody has taken it"
    lines = (
        f"Escalated to you after {spell(now - state.climbs['unacknowledged'].began)}: {taken}.",
        *_situation(state, now),
    )
    return title(state, f"P0 {_categories(state)}", "not fixed"), lines


def help_asked(state: Incident, by: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    return title(state, f"P0 {_categories(state)}", f"{by} asks for help"), _situation(state, now)


def taken(state: Incident, by: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    return title(state, f"{by} has it now"), (
        f"Taken over at {clock(now)}: you are no longer expected to act.",
    )


def still_on_it(state: Incident, expires: datetime) -> tuple[str, tuple[str, ...]]:
    lines = (
        f"Nothing was heard for a while. At {clock(expires)} you are paged again, then the others.",
        f"watcher ack {state.id}   or any note, update or decision keeps it yours",
    )
    return title(state, "still on it?"), lines


def turned(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    choice = state.recommended.choice if state.recommended else "undecided"
    return title(state, f"the recommendation is now {choice.upper()}"), _situation(state, now)


def news(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    failing = sum(1 for w in state.watched.values() if not w.clean)
    systems = f" in {len(state.systems)} systems" if len(state.systems) > 1 else ""
    if state.known.majority_at and state.news_from and state.known.majority_at >= state.news_from:
        return majority(state, now)
    return title(state, f"now {failing} signals fail{systems}"), _situation(state, now)


def widened(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    return title(state, f"P0 {_categories(state)}", f"now also {state.categories[-1]}"), _situation(
        state, now
    )


def majority(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    return title(state, f"P0 {_categories(state)}", "more than half of the users"), _situation(state, now)


def reopened(state: Incident, now: datetime) -> tuple[str, tuple[str, ...]]:
    return title(state, f"P0 {_categories(state)}", "it is BACK"), _situation(state, now)


def recovered(state: Incident, since: datetime) -> tuple[str, tuple[str, ...]]:
    lines = (
        f"Everything that failed has been clean since {clock(since)}.",
        f"Watching for {spell(state.policy.watch_for)}; you are paged again if it comes back.",
    )
    return title(state, "recovered"), lines


def closed(state: Incident, by: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    false = state.status == "false_alarm"
    seen = (w for w in state.watched.values() if not by_word(w.sign))  # words do not go on failing
    failing = [w.sign.title for w in seen if not w.clean]
    quiet = spell(QUIET_DISMISSED if false else QUIET_RESOLVED)
    still = [
        f"It still fails and pages nobody for {quiet}, or until it was clean once: {t}" for t in failing[:2]
    ]
    when = f"Closed by {by} at {clock(now)}, {spell(now - state.detected_at)} after the first signal."
    return title(state, "was a false alarm" if false else "resolved"), (when, *still)


def clock(at: datetime) -> str:
    """A moment as people write it: 03:14 UTC."""
    return f"{at:%H:%M} UTC"


def spell(duration: timedelta) -> str:
    """A duration in the largest unit that says it: 40 s, 9 min, 2 h 5 min, 3 d."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} d"


def title(state: Incident, what: str, mark: str = "") -> str:
    """What failed, then how far it is: a long matter is cut between words, so that the mark behind it stays."""
    head = f"{state.id} {state.opened.service}: {what}"
    tail = f" ({cut(mark, MARK_MAX)})" if mark else ""
    room = TITLE_MAX - len(head) - len(": ") - len(tail)
    matter = f": {cut(state.opened.title, room)}" if room >= MATTER_MIN else ""
    return cut(head, TITLE_MAX - len(tail)) + matter + tail


def cut(text: str, room: int) -> str:
    """At most so many characters, cut between words where there are some."""
    if len(text) <= room:
        return text
    kept = text[: room - 1]
    whole = kept if text[room - 1].isspace() else kept.rpartition(" ")[0]
    return (whole or kept).rstrip(" ,;:.-(") + ELLIPSIS


def _categories(state: Incident) -> str:
    return " + ".join(state.categories)


def _situation(state: Incident, now: datetime) -> tuple[str, ...]:
    signs = [w.sign for w in state.watched.values() if not w.clean] or list(state.opened.signs)
    lines = _action(state)
    if len(signs) > 1 or signs[0].title not in title(state, f"P0 {_categories(state)}", USUAL_MARK):
        lines += [f"What: {sign.title}" for sign in signs[:SIGNS_SHOWN]]
    if len(signs) > SIGNS_SHOWN:
        lines.append(f"and {len(signs) - SIGNS_SHOWN} more signals")
    lines.append(f"Who: {who(state, signs)}")
    if groups := next((i.groups for i in state.known.impacts.values() if i.groups), ()):
        lines.append(f"Of these: {', '.join(f'{name} {users}' for name, users in groups[:GROUPS_SHOWN])}")
    lines.append(
        f"Where: {_where(state)}; since {clock(state.started_at)} ({spell(now - state.started_at)} ago)"
    )
    lines.append(f"Why a P0: {_why(signs[0])}")
    return (*lines, *_advice(state, now))


def _why(sign: Sign) -> str:
    """The rule's own words, without the matter or the reason that stand above."""
    because = sign.because[0] if sign.because else sign.rule
    words, _, rest = because.partition(": ")
    named = rest.rstrip(ELLIPSIS)
    above = (sign.title, sign.title.partition(": ")[2])
    return words if named and any(matter.startswith(named) for matter in above) else because


def who(state: Incident, signs: list[Sign]) -> str:
    """Who is affected: what was stated or measured, else the largest count, which is a lower bound."""
    share, impact = state.known.share, state.known.speaking
    stated = state.known.said("affected", int)
    if share.usable and (share.low > 0 or share.high < 1):
        bound = ">= " if share.lower_bound or share.low < share.high else ""
        if share.measure == STATED:
            return f"{bound}{share.low * 100:.0f} % of {STATED} ({stated} of {state.known.users_active})"
        age = f", {spell(impact.at - state.started_at)} into it," if impact and share.lower_bound else ""
        of = f"{bound}{share.low * 100:.0f} %{age} of {share.measure}"
        return f"{of}{_counted(impact)}" if stated is None else f"{of}; {stated} by a person's word"
    if stated is not None:
        return f"{stated} {STATED}, of how many is unknown"
    return _number(state, signs)


def _counted(impact: ImpactMeasured | None) -> str:
    """Both numbers of a share; endpoints that stand for everyone are no users."""
    if impact is None or impact.everyone or not impact.affected or not impact.active:
        return ""
    over = ", more than are known to be active" if impact.clamped else ""
    return f" ({impact.affected} of {impact.active}){over}"


def _number(state: Incident, signs: list[Sign]) -> str:
    """How many, where nobody knows of how many."""
    met = next(
        (i for i in state.known.impacts.values() if i.affected and i.measure.startswith("users")), None
    )
    if met is not None:
        return f"{'at least ' if met.lower_bound else ''}{met.affected} users, of how many is unknown"
    counted_signs = [s for s in signs if s.users]  # never added over issues
    if not counted_signs:
        return "how many users is unknown"
    most = max(counted_signs, key=lambda s: s.users or 0)
    within = f" within {spell(most.window)}" if most.window else ""
    return f"at least {most.users} users{within}"


def _where(state: Incident) -> str:
    systems = ", ".join(state.systems) or "system not named"
    return f"{state.opened.environment}, {systems}"


def _action(state: Incident) -> list[str]:
    """What to do, first; before a rollback its one open question."""
    said = state.recommended
    if said is None:
        return []
    drill = "A drill. In a real one it would say here: " if state.opened.drill else ""
    asks_first = [f"Before you do: {said.missing[0]}"] if said.choice == "rollback" and said.missing else []
    return [f"{drill}{said.headline}", *asks_first]


def _advice(state: Incident, now: datetime) -> list[str]:
    said = state.recommended
    if said is None:
        return []
    weighed = advice.recommend(
        state, now
    )  # the action may stand while its reasons have changed since it was said
    fresh = weighed if (weighed.choice, weighed.headline) == (said.choice, said.headline) else said
    because = [line for line in fresh.because if not _above(line, said.headline)]
    lines = [f"Because: {'; '.join(because)}"] if because else []
    lines += [f"Against: {line}" for line in fresh.against[:2]]
    lines += [f"Blocker: {line}" for line in fresh.blockers[:2]]
    lines += [f"Or: {'; '.join(others)}"] if (others := _others(fresh.mitigations, said.headline)) else []
    if said.choice != "rollback":
        asked = [str(line) for line in fresh.missing[:3]]
        lines += [f"Would decide it: {line}" for line in asked if line not in said.headline]
    if not _agrees(said.choice, said.letter):
        lines.append(f"(By the protocol's letter alone: {said.letter})")
    return lines


def _above(line: str, headline: str) -> bool:
    """Whether the first line has said it already, or who is affected and where."""
    if line.endswith(AFFECTED) or line.startswith(ONE_SYSTEM):
        return True
    return any(line.removesuffix(known) in headline for known in (f": {UNDOES_NOTHING}", " the trouble"))


def _others(mitigations: tuple[str, ...], headline: str) -> list[str]:
    """What else helps; the first stands in the headline already, where it is an action."""
    return [line for line in mitigations if line not in headline][:MITIGATIONS_SHOWN]


def _agrees(choice: str, letter: str) -> bool:
    return choice == letter or (choice == "undecided" and letter == "undetermined-needs-human")
