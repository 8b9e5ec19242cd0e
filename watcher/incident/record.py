"""Records: the parts of events. Flat, frozen, and on disk: names, words, numbers, masked text."""

from __future__ import annotations

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from rules.signal import Category


class Record(BaseModel):
    """A part of an event."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sign(Record):
    """One failing signal as it stood when it was judged. Texts are masked and bounded."""

    source: str
    key: str
    title: str
    category: Category
    rule: str
    because: tuple[str, ...]
    system: str | None = None
    component: str | None = (
        None  # the failed dependency that health named: one system, not all that lean on it
    )
    started_at: AwareDatetime | None = None  # estimated start of the harm
    seen_at: AwareDatetime  # when we received it
    users: int | None = None
    events: int | None = None
    window: timedelta | None = None
    release: str | None = None
    url: str = ""
    last_at: AwareDatetime | None = None  # its newest event, as the source stamped it

    @property
    def ref(self) -> str:
        """What names the signal everywhere: its source and its key within it."""
        return f"{self.source} {self.key}"


class Rung(Record):
    """One step of a ladder: whom to page, how long after the ladder began, how often again."""

    after: timedelta
    page: tuple[str, ...]  # roles or contacts
    repeat: timedelta | None = None


class Policy(Record):
    """What governs an incident, frozen when it opens. Roles, never addresses."""

    unacknowledged: tuple[Rung, ...]
    unmitigated: tuple[Rung, ...]
    acknowledgement_expires: timedelta
    clean_for: timedelta  # every signal clean for so long: mitigated
    watch_for: timedelta  # clean for so long after that: closed
    updates_every: timedelta | None = None  # to the stakeholders; None: there are none
    secret: bool = False  # nothing leaves its own few until a person releases it
    zone: str = "UTC"  # where the working days are


class Delivery(Record):
    """One target of a page, with the target that stands in when it fails."""

    target: str
    contact: str | None = None
    wakes: bool = False
    fallback: str | None = None
