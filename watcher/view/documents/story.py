"""The summary of a post-mortem: what somebody reads who reads nothing else. Pure."""

from __future__ import annotations

from watcher.incident.compose import clock
from watcher.incident.responding import Deployed
from watcher.incident.watched import by_word
from watcher.view.documents.account import Account, after, often
from watcher.view.documents.harm import affected, met
from watcher.view.documents.markdown import day, plain


def summary(account: Account) -> str:
    """A handful of sentences: what, who, how it was noticed, what was done, and whether that held."""
    state = account.state
    sentences = [
        _harmed(account),
        f"It was seen as: {plain(state.opened.title)}.",
        _noticed(account),
        _repaired(account),
        _followed_up(account),
        f"It came back {often(state.reopenings)}." if state.reopenings else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _harmed(account: Account) -> str:
    state, ended = account.state, account.ended_at
    began = f"On {day(state.started_at)} from {clock(state.started_at)}"
    until = f" to {clock(ended)}" if ended else " on"
    if state.status == "false_alarm":
        return "It was a false alarm."
    return f"{began}{until}, {plain(met(account))}. Affected: {plain(affected(account))}."


def _noticed(account: Account) -> str:
    state, paged, acked = account.state, account.paged_at, account.state.acknowledged_at
    first = state.opened.signs[0]
    by = "a person" if by_word(first) else first.source
    page = f"a page was taken {after(paged - state.detected_at)}" if paged else "no page was taken"
    person = f"a person had it {after(acked - state.detected_at)}" if acked else "nobody acknowledged it"
    return f"It was noticed by {plain(by)} at {clock(state.detected_at)}; {page}, and {person}."


def _repaired(account: Account) -> str:
    """What ended the harm; what went out after it, and before it for nothing, stands in the timeline."""
    state, mended = account.state, account.mended_by
    if state.status == "false_alarm":
        return (
            f"{plain(state.closed.by)} marked it as one at {clock(state.closed.at)}." if state.closed else ""
        )
    if mended is not None:
        passed = account.verified(mended)
        holds = f"verified at {clock(passed.at)} by {plain(passed.by)}" if passed else "not verified"
        way = "rolled back to" if mended.path == "rollback" else "repaired by deploying"
        return f"It was {way} {_what(mended)} at {clock(mended.deployed_at)}, {holds}."
    if state.mitigated_at is not None:
        return f"It recovered at {clock(state.mitigated_at)} without a deployment that anybody named."
    return " ".join(sentence for sentence in (_tried(account), _left(account)) if sentence)


def _what(deployed: Deployed) -> str:
    return plain(deployed.version) if deployed.version else "what was at hand"


def _tried(account: Account) -> str:
    """The last deployment while nothing has ended the harm: it repaired nothing that anybody saw."""
    response = account.state.response
    deployed = response.deployed
    if deployed is None:
        return ""
    back = deployed.path == "rollback"
    out = f"It was rolled back to {_what(deployed)}" if back else f"{_capital(_what(deployed))} was deployed"
    return f"{out} at {clock(deployed.deployed_at)}; {_holds(account)}."


def _holds(account: Account) -> str:
    state = account.state
    if state.response.failed is not None:
        return "it did not hold"
    if not state.response.verifying:
        return "it did not hold: it came back"
    return "whether it holds is not known" if state.closed is None else "nobody saw whether it held"


def _left(account: Account) -> str:
    closed = account.state.closed
    if closed is not None:
        return f"It was closed by {plain(closed.by)} at {clock(closed.at)}."
    return "" if account.state.response.verifying else "It is not repaired yet."


def _followed_up(account: Account) -> str:
    """Whether production was brought forward again."""
    response, mended = account.state.response, account.mended_by
    if response.behind is not None:
        return f"Production still runs behind {plain(response.behind)}."
    last = response.deployed
    if mended is None or last is None or last is mended or account.verified(last) is None:
        return ""
    return f"{plain(last.version or 'A newer release')} followed at {clock(last.deployed_at)}, and held."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
