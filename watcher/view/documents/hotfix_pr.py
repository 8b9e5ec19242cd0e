"""The body of a hotfix pull request: what the reviewer needs at 4 a.m., from what the log knows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from watcher.incident import checklist
from watcher.incident.compose import clock, spell
from watcher.incident.release import short
from watcher.incident.state import Incident
from watcher.incident.verification import running
from watcher.view.documents import markdown
from watcher.view.documents.account import Account
from watcher.view.documents.harm import affected, met, rate
from watcher.view.documents.markdown import bullets, moment, plain, prompt, table, text
from watcher.view.naming import branches
from watcher.view.runbook import PLAIN
from watcher.view.timeline import Numbered

LAST_SIGNALS = 5
TITLE_MAX = 120
ONCE_OUT = ("deployed", "verified", "announced")
"""Items that are true of whatever was deployed last."""


def title(state: Incident) -> str:
    """The title of the pull request: a field that shows what is typed, so nothing is escaped in it."""
    return f"[HOTFIX] {state.id}: {markdown.title(state.opened.title, TITLE_MAX)}"


def names(state: Incident, suspect_version: str | None) -> dict[str, str]:
    """Branch and tag: of the running release where it is a plain word, else of the incident."""
    version = short(suspect_version) if suspect_version else ""
    base = version if PLAIN.fullmatch(version) else state.id.lower()
    return branches(base, f"{state.opened.at:%Y%m%d}")


def hotfix_pr(state: Incident, rows: Sequence[Numbered], now: datetime) -> str:
    """Title and body, as they can be written at this moment."""
    account = Account(state=state, rows=rows)
    suspect = account.suspect
    git = names(state, suspect.version if suspect else None)
    return text(
        f"# {title(state)}",
        table(
            ("", ""),
            [
                ("Severity", f"P0, {' + '.join(state.categories)}"),
                ("Affected", plain(affected(account))),
                ("Error rate", rate(account) or "not measured"),
                ("Since", _since(account, now)),
                ("Branch", f"`{git['hotfix_branch']}`, from {_commit(account)}"),
                ("Tag", f"`{git['hotfix_tag']}`"),
            ],
        ),
        "## What is broken",
        [f"{_capital(plain(met(account)))}.{_held_off(state)}", "", *bullets(_signals(state))],
        "## Root cause",
        _cause(state),
        "## The fix",
        _said(state, ("minimal-fix",), "what was changed, and why it is the smallest change that repairs it"),
        "## Testing",
        [
            *_items(state, ("reproduced", "regression-test", "minimal-fix")),
            "",
            *_said(
                state,
                ("reproduced", "regression-test"),
                "how it was reproduced, and which test fails without the fix",
            ),
        ],
        "## Before and after",
        prompt("screenshots or answers of what was broken, before and after"),
        "## Rollback plan",
        _undo(account, git),
        "## Checklist",
        _items(
            state,
            (
                "branch",
                "pull-request",
                "fix-approved",
                "deployed",
                "verified",
                "smoke-test",
                "announced",
                "bug-report",
            ),
        ),
        "## Deployment notes",
        _deployment(state, git),
        "## Review",
        _review(state),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _since(account: Account, now: datetime) -> str:
    state, ended = account.state, account.ended_at
    if ended is not None:
        return f"{moment(state.started_at)}, for {spell(ended - state.started_at)}; over since {clock(ended)}"
    if state.closed is not None:
        return f"{moment(state.started_at)}; closed at {clock(state.closed.at)}"
    return f"{moment(state.started_at)} ({spell(now - state.started_at)} ago)"


def _held_off(state: Incident) -> str:
    """A rollback has ended the harm already: this brings production forward again."""
    behind = state.response.behind
    if behind is None:
        return ""
    return f" Production runs {plain(running(state))} meanwhile, behind {plain(behind)}: this brings it forward again."


def _commit(account: Account) -> str:
    """What the fix goes on top of: the release that broke it, whether it still runs or was taken back."""
    suspect = account.suspect
    if suspect is None:
        return "the commit of the running release"
    at = f", {plain(suspect.commit)[:12]}" if suspect.commit else ""
    back = any(deployed.path == "rollback" for deployed in account.state.response.deploys)
    which = "the release that was taken back" if back else "the running release"
    return f"the commit of {which} ({plain(suspect.version)}{at})"


def _signals(state: Incident) -> list[str]:
    signs = [w.sign for w in state.watched.values()]
    shown = [
        f"{plain(s.title)} ({plain(s.source)})" + (f": {s.url}" if _own(s.url) else "")
        for s in signs[:LAST_SIGNALS]
    ]
    rest = len(signs) - len(shown)
    return [*shown, *([f"and {rest} more"] if rest else [])]


def _own(url: str) -> bool:
    """An address of the tracker itself; nothing that could break out of a line."""
    return url.startswith(("https://", "http://")) and not any(c in url for c in " \n<>()[]|`")


def _cause(state: Incident) -> list[str]:
    cause, evidence = state.known.cause
    if cause == "known":
        return [f"{plain(evidence)}."]
    suspected = [f"Suspected: {plain(evidence)}.", ""] if evidence else []
    return [*suspected, prompt(f"the root cause; then: watcher state {state.id} --root-cause TEXT")]


def _items(state: Incident, names_: tuple[str, ...]) -> list[str]:
    return [_item(state, checklist.BY_NAME[name]) for name in names_]


def _item(state: Incident, item: checklist.Item) -> str:
    """As it stands for this fix: what was seen of a rollback says nothing of it."""
    deployed, ticked = state.response.deployed, state.response.ticked.get(item.name)
    out = deployed is not None and deployed.path != "rollback"
    seen = item.seen(state) and (out or item.name not in ONCE_OUT)
    by = f" ({plain(ticked.by)})" if ticked else ""
    return f"- [{'x' if ticked or seen else ' '}] {item.text}{by}"


def _said(state: Incident, items: tuple[str, ...], question: str) -> list[str]:
    """What was typed with these items; the question where one of them was ticked without a word, or not at all."""
    ticked = [state.response.ticked.get(name) for name in items]
    texts = [plain(tick.text) for tick in ticked if tick is not None and tick.text]
    asked = [prompt(question)] if len(texts) < len(items) else []
    return [*bullets(texts), *([""] if texts and asked else []), *asked]


def _undo(account: Account, git: dict[str, str]) -> list[str]:
    suspect, state = account.suspect, account.state
    migration = state.known.said("migration", bool)
    migration = suspect.migration if migration is None and suspect else migration
    words = "not known" if migration is None else "yes: can it be undone?" if migration else "no"
    return [
        f"- Revert the merge of `{git['hotfix_branch']}` (git revert -m 1 SHA, filled in after the merge) and deploy again.",
        f"- Or deploy {_former(account)} again, as it ran before.",
        f"- A migration in the last deployment: {words}",
        "",
        prompt("does this fix hold a migration, and can it be undone?"),
    ]


def _former(account: Account) -> str:
    """The last release that is known to be well: what a rollback would bring, or has brought."""
    state, suspect = account.state, account.suspect
    if state.response.behind is not None:
        return plain(running(state))
    if suspect is None:
        return "the running release"
    return plain(suspect.previous or suspect.version)


def _deployment(state: Incident, git: dict[str, str]) -> list[str]:
    version = git["hotfix_tag"]
    return [
        f"- Tag `{version}`: the watcher takes a release of that name for the fix by itself.",
        f"- Else say so: `watcher deployed {state.id} --version V`. It is verified for {spell(state.policy.clean_for)}, then announced.",
        f"- Commands for the way you deploy: `watcher show {state.id}`.",
    ]


def _review(state: Incident) -> list[str]:
    approved = state.response.approved
    if approved is not None:
        said = f": {plain(approved.text)}" if approved.text else "."
        return [f"Approved by {plain(approved.by)} at {clock(approved.at)}{said}"]
    return [f"Reviewer: the CTO or a senior. Then: `watcher tick {state.id} fix-approved --as NAME`"]
