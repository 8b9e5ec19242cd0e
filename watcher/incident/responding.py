"""Facts of the response: the clock's checkpoints, what people tick off and say, what was deployed, whether it holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import AwareDatetime

from watcher.incident.event import Event

WATCHER = "the watcher"
"""Who acts where no person does."""

Path = Literal["rollback", "hotfix", "other"]
"""The way that is taken: as a person decides it, and as it was deployed."""
PATHS: tuple[Path, ...] = get_args(Path)

CheckpointName = Literal[
    "received",  # the on-call was paged
    "assessed",  # somebody has it, and knows who is affected
    "decided",
    "stakeholders",  # they were told, and the public status is settled
    "rolled-back",
    "fix-approved",
    "deployed-verified",
    "smoke-tested",
    "announced",
    "complete",
]


class CheckpointMet(Event):
    """What a checkpoint asks for is there; `late` where that came after it was due."""

    checkpoint: CheckpointName
    due: AwareDatetime
    late: timedelta = timedelta(0)


class CheckpointMissed(Event):
    """A checkpoint passed unmet. Said once; what comes later is met, and late."""

    checkpoint: CheckpointName
    due: AwareDatetime


class Ticked(Event):
    """A person did, or saw, what the daemon cannot know."""

    by: str
    item: str
    text: str = ""


class FixApproved(Event):
    """A senior has looked at the fix and lets it go out."""

    by: str
    text: str = ""


class Updated(Event):
    """What a person wants the stakeholders to know; it leaves at once."""

    by: str
    text: str


class Announced(Event):
    """The stakeholders know that the fix is deployed and holds."""

    by: str
    text: str = ""


class Released(Event):
    """A security incident may be spoken of outside its own few."""

    by: str


class DeployProposed(Event):
    """Something was deployed while the incident was open: is it the fix? A person says."""

    version: str
    deployed_at: AwareDatetime
    told_by: str


class Deployed(Event):
    """The fix, or the rollback, is out. What happened before it says nothing of it."""

    by: str
    version: str | None = None  # None: nobody named it
    deployed_at: AwareDatetime
    path: Path
    behind: str | None = None  # a rollback: the version that production is behind now


class LifeSeen(Event):
    """The release that was deployed is in use: without that, quiet proves nothing."""

    version: str | None = None
    what: str  # how it was seen: "an event of 2.41.0", "the health answer of api"


class VerificationPassed(Event):
    """What broke works again, as seen after the deployment; or as a person says who looked."""

    by: str
    version: str | None = None
    because: tuple[str, ...] = ()


class VerificationFailed(Event):
    """It fails in what was deployed."""

    version: str | None = None
    because: tuple[str, ...] = ()
