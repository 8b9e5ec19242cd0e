"""The checklist of the protocol: four phases; what the daemon can know ticks itself, the rest is ticked by people. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from watcher.incident import attained, protocol
from watcher.incident.state import Incident

Phase = Literal["assess", "fix", "deploy", "after"]
PHASES: dict[Phase, str] = {
    "assess": "Assess and decide",
    "fix": "Fix",
    "deploy": "Deploy and verify",
    "after": "Communicate and learn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. `seen` is how the daemon knows it; `paths`: where it applies (all where empty)."""

    name: str
    phase: Phase
    text: str
    seen: Callable[[Incident], bool] = lambda _: False
    paths: tuple[str, ...] = ()
    by_people: bool = True  # may be ticked


ITEMS: tuple[Item, ...] = (
    Item(name="paged", phase="assess", text="The on-call was paged", seen=attained.paged, by_people=False),
    Item(
        name="acknowledged",
        phase="assess",
        text="Somebody has it",
        seen=lambda state: state.acknowledged_at is not None,
        by_people=False,
    ),
    Item(
        name="affected",
        phase="assess",
        text="Who is affected is known",
        seen=attained.affected_known,
        by_people=False,
    ),
    Item(name="error-rate", phase="assess", text="The error rate was read", seen=attained.error_rate_known),
    Item(
        name="deployments", phase="assess", text="The last deployments were looked at", seen=attained.reviewed
    ),
    Item(
        name="decided",
        phase="assess",
        text="Rollback, hotfix or other was decided",
        seen=lambda state: bool(state.known.decisions),
        by_people=False,
    ),
    Item(name="team", phase="assess", text="The team was told", seen=attained.message_taken),
    Item(
        name="public-status",
        phase="assess",
        text="The public status is updated, or need not be",
        seen=attained.message_taken,
    ),
    Item(
        name="branch",
        phase="fix",
        text="A branch was made from the commit of the running release",
        paths=("hotfix",),
    ),
    Item(name="reproduced", phase="fix", text="The fault was reproduced", paths=("hotfix",)),
    Item(name="minimal-fix", phase="fix", text="The fix is as small as can be", paths=("hotfix",)),
    Item(name="regression-test", phase="fix", text="A test fails without the fix", paths=("hotfix",)),
    Item(
        name="pull-request", phase="fix", text="The pull request is open, marked [HOTFIX]", paths=("hotfix",)
    ),
    Item(
        name="fix-approved",
        phase="fix",
        text="A senior has approved it",
        seen=lambda state: state.response.approved is not None,
        paths=("hotfix",),
    ),
    Item(
        name="deployed",
        phase="deploy",
        text="The fix, or the rollback, is out",
        seen=lambda state: state.response.deployed is not None,
        by_people=False,
    ),
    Item(
        name="verified",
        phase="deploy",
        text="What broke works again in what was deployed",
        seen=lambda state: state.response.passed is not None,
    ),
    Item(
        name="smoke-test",
        phase="deploy",
        text="What was repaired was tried, and two or three things beside it",
        paths=("hotfix",),
    ),
    Item(
        name="announced",
        phase="after",
        text="The fix was announced",
        seen=attained.announced,
    ),
    Item(name="bug-report", phase="after", text="The bug report was updated"),
    Item(name="users-told", phase="after", text="Affected users were told, or need not be"),
    Item(
        name="watched",
        phase="after",
        text="It was watched to the all-clear",
        seen=lambda state: state.status == "resolved" and state.mitigated_at is not None,
        by_people=False,
    ),
    Item(name="postmortem", phase="after", text="The post-mortem is written"),
)
BY_NAME: dict[str, Item] = {item.name: item for item in ITEMS}
AFTERWARDS: frozenset[str] = frozenset({"announced", "bug-report", "users-told", "postmortem"})
"""What may be ticked of a file that is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item as it stands. `by`: who ticked it; None where the daemon saw it, or where it is open."""

    item: Item
    done: bool
    by: str | None = None


def lines(state: Incident) -> tuple[Line, ...]:
    """The items that apply, in order."""
    path = "rollback" if protocol.taken_back(state) else protocol.path_of(state)
    return tuple(_line(state, item) for item in ITEMS if not item.paths or path in item.paths)


def _line(state: Incident, item: Item) -> Line:
    ticked = state.response.ticked.get(item.name)
    return Line(item=item, done=ticked is not None or item.seen(state), by=ticked.by if ticked else None)
