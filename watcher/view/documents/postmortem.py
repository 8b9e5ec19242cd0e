"""The post-mortem. Everything that the log can say is said. It is always a draft: the final one is what people make of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from watcher.incident import protocol
from watcher.incident.compose import clock, spell
from watcher.incident.event import Recommended
from watcher.incident.findings import Decided
from watcher.incident.responding import WATCHER
from watcher.incident.state import Incident
from watcher.view.documents import account as of
from watcher.view.documents.account import Account, after
from watcher.view.documents.chronicle import chronicle
from watcher.view.documents.contradictions import contradictions
from watcher.view.documents.harm import affected, met, rate
from watcher.view.documents.markdown import bullets, day, moment, plain, prompt, table, text
from watcher.view.documents.story import summary
from watcher.view.timeline import Numbered


def postmortem(state: Incident, rows: Sequence[Numbered], now: datetime) -> str:
    """The whole document, as it can be written at this moment."""
    account = Account(state=state, rows=rows)
    return text(
        f"# Post-mortem {state.id}: {plain(met(account))}",
        _standing(account, now),
        _facts(account),
        "## Summary",
        summary(account),
        "## Impact",
        _impact(account),
        "## Root cause",
        _cause(account),
        "## What was decided, on what evidence",
        _decision(account),
        "## Times",
        _times(account, now),
        "## Timeline",
        chronicle(account),
        "## What went well",
        _list(of.went_well(account), "what else helped? Who, which tool, which decision?"),
        "## What went wrong",
        _list(of.went_wrong(account), "what else cost time, or nearly went wrong?"),
        "## Action items",
        _actions(account),
        "## Lessons",
        prompt("what would have prevented it, and what would have made it shorter?"),
    )


def _standing(account: Account, now: datetime) -> list[str]:
    """A draft, and what keeps it one. Questions that only people can answer are open in it at all times."""
    state, clashes = account.state, contradictions(account.state, account.all)
    if clashes:
        return [
            "**Draft. It cannot be final while it contradicts itself:**",
            "",
            *bullets(plain(line) for line in clashes),
        ]
    if state.closed is None:
        return [
            f"**Draft**, written at {moment(now)} while the incident is {state.status.replace('_', ' ')}."
        ]
    ticked = state.response.ticked.get("postmortem")
    if ticked is not None and ticked.at >= state.closed.at:
        said = f": {plain(ticked.text)}" if ticked.text else "."
        final = f"The final one is written, as {plain(ticked.by)} said at {moment(ticked.at)}{said}"
        return [f"**Draft**, as the log has it. {final}"]
    return [
        "**Draft**: the places marked *To fill in* are for people. Nothing in the log contradicts itself."
    ]


def _facts(account: Account) -> list[str]:
    state, ended, lasted = account.state, account.ended_at, of.lasted(account)
    return table(
        ("", ""),
        [
            ("Date", day(state.started_at)),
            ("Severity", f"P0, {' + '.join(state.categories)}"),
            (
                "Duration",
                f"{lasted}, from {moment(state.started_at)} to {moment(ended)}"
                if ended
                else f"from {moment(state.started_at)}; {lasted}",
            ),
            ("Total time to fix", spell(ended - state.detected_at) if ended else lasted),
            ("Affected", plain(affected(account))),
            ("Service", f"{plain(state.opened.service)}, {plain(state.opened.environment)}"),
            ("Systems", plain(", ".join(state.systems)) or "not named"),
            ("Handled by", plain(", ".join(_hands(account))) or "nobody acknowledged it"),
        ],
    )


def _hands(account: Account) -> list[str]:
    """Everybody who did something, in the order in which they came."""
    names = (getattr(row.event, "by", "") for row in account.rows)
    people = (name for name in names if name and name != WATCHER)
    return list(dict.fromkeys(people))


def _impact(account: Account) -> list[str]:
    state = account.state
    loss = "data-loss" in state.categories
    lines = [
        f"- Users: {plain(affected(account))}",
        *(f"  - {plain(name)}: {users}" for i in state.known.impacts.values() for name, users in i.groups),
        f"- Error rate: {known}" if (known := rate(account)) else prompt("the error rate at the worst"),
        f"- Duration: {of.lasted(account)}",
        "- Data loss: the incident is one; " + "see below" if loss else "- Data loss: none was signalled",
    ]
    if loss:
        lines += ["", prompt("which data was lost, for whom, and what was restored?")]
    if {"payments", "outage"} & set(state.categories):
        lines += ["", prompt("revenue lost or to be refunded, if any")]
    return lines


def _cause(account: Account) -> list[str]:
    state = account.state
    cause, evidence = state.known.cause
    suspect = account.suspect
    lines = []
    if cause == "known":
        said = state.known.stated.get("root-cause")
        by = f" (stated by {plain(said.by)} at {clock(said.at)})" if said else ""
        lines.append(f"{plain(evidence)}{by}.")
    elif evidence:
        lines.append(f"Suspected: {plain(evidence)}.")
    if suspect is not None:
        after = f" after {plain(suspect.previous)}" if suspect.previous else ""
        whole = abs(state.started_at - suspect.deployed_at) // timedelta(seconds=1)
        when = spell(timedelta(seconds=whole))  # cut as the recommendation cuts it: one number in both places
        side = "before" if suspect.deployed_at <= state.started_at else "after"
        lines.append(
            f"Last deployment: {plain(suspect.version)}{after}, {when} {side} it began "
            f"(told by {plain(suspect.told_by)})."
        )
    if state.closed is not None and state.closed.deployment_caused:
        lines.append("Taking it back ended the harm: the deployment caused it.")
    if state.known.third_party:
        lines.append(f"A third party was down: {plain(state.known.third_party)}.")
    question = (
        "the root cause: why was it possible, and why was it not seen before?"
        if cause != "known"
        else ("why was it possible, and why was it not seen before it went out?")
    )
    return [*lines, "", prompt(question)] if lines else [prompt(question)]


def _decision(account: Account) -> list[str]:
    """Each decision with what was recommended and known at that moment."""
    decisions = account.all(Decided)
    lines: list[str] = []
    for made in decisions:
        followed = _followed(made)
        lines.append(
            f"- {clock(made.at)}: {plain(made.by)} decided **{made.choice}**, {followed}. {plain(made.text)}".rstrip()
        )
        lines += [f"  - {line}" for line in _evidence(account, made.at)]
    if not decisions:
        lines.append("Nobody recorded a decision.")
        lines += [f"- {line}" for line in _evidence(account, account.over_at or account.state.opened.at)]
    judged = account.state.known.judged
    if judged is not None:
        lines.append(
            f"\nAfterwards {plain(judged.by)} judged the recommendation {'right' if judged.right else 'wrong'}."
        )
    return lines


def _followed(made: Decided) -> str:
    if made.followed is None:
        return "nothing was recommended"
    return "as recommended" if made.followed else f"against the recommendation ({made.recommended})"


def _evidence(account: Account, at: datetime) -> list[str]:
    """The recommendation that stood at a moment, with what spoke for and against it."""
    stood = [e for e in account.all(Recommended) if e.at <= at]
    if not stood:
        return []
    last = stood[-1]
    return [
        f"Recommended since {clock(last.at)}: {last.choice} (by the letter: {last.letter}). {plain(last.headline)}",
        *(f"for: {plain(line)}" for line in last.because),
        *(f"against: {plain(line)}" for line in last.against),
        *(f"blocker: {plain(line)}" for line in last.blockers),
        *(f"not known: {plain(line)}" for line in last.missing),
    ]


def _times(account: Account, now: datetime) -> list[str]:
    rows = [
        (name, spell(took) if took is not None else "never", words) for name, took, words in of.times(account)
    ]
    clocked = [
        (c.asks, clock(c.due), _how(c))
        for c in protocol.checkpoints(account.state)
        if c.standing != "not-applicable" and c.due is not None
    ]
    none = ["No checkpoint was due before it was closed."]
    checkpoints = table(("Checkpoint", "Due", ""), clocked) if clocked else none
    return [*table(("", "", ""), rows), "", _target(account, now), "", *checkpoints]


def _target(account: Account, now: datetime) -> str:
    """Met is only what somebody saw; a closing alone shows nothing."""
    state, ended, closed = account.state, account.ended_at, account.state.closed
    if state.status == "false_alarm":
        return "The two-hour target does not apply: it was a false alarm."
    until = ended or (closed.at if closed else now)
    if until - state.detected_at > protocol.TARGET:
        return "The two-hour target was missed."
    if ended is not None:
        return "The two-hour target was met."
    if closed is None:
        return "The two-hour target is open."
    by = f"{plain(closed.by)} closed it {after(closed.at - state.detected_at)}"
    return f"Whether the two-hour target was met is not known: {by}, and nothing had shown that it was over."


def _how(checkpoint: protocol.Checkpoint) -> str:
    return f"{spell(checkpoint.late)} late" if checkpoint.standing == "late" else checkpoint.standing


def _list(lines: Iterable[str], question: str) -> list[str]:
    found = bullets(plain(line) for line in lines)
    return [*found, "", prompt(question)] if found else [prompt(question)]


def _actions(account: Account) -> list[str]:
    rows = [(plain(what), plain(why), "", "") for what, why in of.actions(account)]
    return [
        *table(("What", "Why", "Owner", "Due"), rows or [("",) * 4]),
        "",
        prompt("an owner and a day for each, and what is missing"),
    ]
