"""What a rule file may say: a tree of small models. Conditions are a closed list; there is no expression language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rules.duration import Duration
from rules.example import HealthExample, IssueExample, ReportExample
from rules.pattern import Pattern
from rules.signal import Category, HealthState

RULES_MAX = 500
"""Rules of one file."""

LIST_MAX = 200
"""Patterns of one condition."""

WITHIN = timedelta(minutes=5)
"""The window in which users and events are counted unless a rule says otherwise."""

Level = Literal["debug", "info", "sample", "warning", "error", "fatal"]
Kind = Literal["issue", "health", "report"]
Certainty = Literal["scale", "definite", "hint"]
Mode = Literal["page", "shadow", "disabled"]

OF_KIND: Mapping[str, frozenset[str]] = {
    "issue": frozenset(
        (
            "level",
            "project",
            "platform",
            "logger",
            "tag",
            "issue_category",
            "handled",
            "release",
            "sounds_like",
        )
    ),
    "health": frozenset(
        ("state", "critical", "failed_component", "only_failed", "endpoint", "category", "announced")
    ),
    "report": frozenset(("sounds_like",)),
}
"""Conditions that not every kind of signal can answer; the others fit all."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "issue": ("users", "events", "count", "within", "title", "system"),
    "health": ("endpoint", "reason", "component", "title", "system"),
    "report": ("title", "system"),
}
"""What `because` may ask for in braces: only issues are counted, and only endpoints have parts."""

_PLURAL = {"issue": "issues", "health": "health endpoints", "report": "reports"}


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


_BOUNDS = Field(min_length=1, max_length=LIST_MAX)
Patterns = Annotated[
    tuple[Pattern, ...],
    _BOUNDS,
    BeforeValidator(_listed, json_schema_input_type=Pattern | tuple[Pattern, ...]),
]
Levels = Annotated[
    tuple[Level, ...], _BOUNDS, BeforeValidator(_listed, json_schema_input_type=Level | tuple[Level, ...])
]
States = Annotated[
    tuple[HealthState, ...],
    _BOUNDS,
    BeforeValidator(_listed, json_schema_input_type=HealthState | tuple[HealthState, ...]),
]
Categories = Annotated[
    tuple[Category, ...],
    _BOUNDS,
    BeforeValidator(_listed, json_schema_input_type=Category | tuple[Category, ...]),
]


class SoundsLike(Strict):
    """How much a text must sound like a P0 (see `rules/likeness.py`), and of which category: any, where none is named."""

    category: Category | None = None
    at_least: float = Field(gt=0, le=1, strict=True)


class Condition(Strict):
    """Every key must hold. A key about a thing that the source did not say is unknown, and so is its `not`."""

    all_: tuple[Condition, ...] | None = Field(None, alias="all", min_length=1, max_length=LIST_MAX)
    any_: tuple[Condition, ...] | None = Field(None, alias="any", min_length=1, max_length=LIST_MAX)
    not_: Condition | None = Field(None, alias="not")
    any_text: Patterns | None = None  # found in title, type, value, message, culprit, url, transaction
    level: Levels | None = None
    environment: Patterns | None = None  # these match the whole word, from its start to its end
    project: Patterns | None = None
    system: Patterns | None = None
    platform: Patterns | None = None
    logger: Patterns | None = None
    release: Patterns | None = None
    issue_category: Patterns | None = None
    tag: dict[str, Patterns] | None = Field(None, min_length=1, max_length=LIST_MAX)
    handled: bool | None = None
    state: States | None = None
    critical: bool | None = None
    failed_component: Patterns | None = None  # found in the name of one of them
    only_failed: Patterns | None = None  # some failed, and each of them is one of these
    endpoint: Patterns | None = None
    category: Categories | None = (
        None  # what the endpoint is configured to prove; outage where it says nothing
    )
    announced: bool | None = None
    sounds_like: SoundsLike | None = None  # the last, because it costs most

    @cached_property
    def clauses(self) -> tuple[tuple[str, Any], ...]:
        """The keys that are set, with their values, in a fixed order."""
        pairs = ((name.rstrip("_"), getattr(self, name)) for name in type(self).model_fields)
        return tuple((name, value) for name, value in pairs if value is not None)

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not self.clauses:
            raise ValueError("an empty condition holds for nothing: say at least one thing")
        return self

    def keys(self) -> Iterator[str]:
        """Every key of this condition and of those inside it."""
        for name, value in self.clauses:
            yield name
            inner = value if isinstance(value, tuple) else (value,)
            for one in inner:
                if isinstance(one, Condition):
                    yield from one.keys()


Unknown = Literal["users_unknown", "requests_unknown"]
Unknowns = Annotated[
    tuple[Unknown, ...], BeforeValidator(_listed, json_schema_input_type=Unknown | tuple[Unknown, ...])
]


class Threshold(Strict):
    """One way of being enough: so many users, so many events, or such a share."""

    users: int | None = Field(None, ge=1)
    events: int | None = Field(None, ge=1)
    share: float | None = Field(None, gt=0, le=1)
    of: Literal["requests", "users", "same_requests"] = "requests"
    of_at_least: int = Field(10, ge=1)  # a share of fewer says nothing
    if_: Unknowns = Field((), alias="if")  # users or events stand in only where these are unknown

    @model_validator(mode="after")
    def _is_one(self) -> Threshold:
        if sum(value is not None for value in (self.users, self.events, self.share)) != 1:
            raise ValueError("name one of users, events and share")
        if self.if_ and self.share is not None:
            raise ValueError(
                "'if' belongs to users and events: they stand in where a better count is unknown"
            )
        return self


Thresholds = Annotated[tuple[Threshold, ...], Field(min_length=1, max_length=10)]


class AtLeast(Strict):
    """How much is enough, within which time."""

    any_: Thresholds | None = Field(None, alias="any")
    all_: Thresholds | None = Field(None, alias="all")
    within: Duration = Field(WITHIN, ge=timedelta(minutes=1), le=timedelta(hours=24))

    @model_validator(mode="after")
    def _is_one(self) -> AtLeast:
        if (self.any_ is None) == (self.all_ is None):
            raise ValueError("write either any or all")
        return self


MANY = AtLeast.model_validate(
    {"any": [{"users": 5}, {"share": 0.5, "of_at_least": 10}, {"events": 20, "if": "users_unknown"}]}
)
"""Scale, where a rule does not say its own."""


def _kind_of_example(value: Any) -> str:
    keys = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return "report" if "text" in keys else "health" if "state" in keys else "issue"


Example = Annotated[
    Annotated[IssueExample, Tag("issue")]
    | Annotated[HealthExample, Tag("health")]
    | Annotated[ReportExample, Tag("report")],
    Discriminator(_kind_of_example),
]


class Examples(Strict):
    """What the rule must fire on, and what comes near and must not fire."""

    fires: tuple[Example, ...] = ()
    near_misses: tuple[Example, ...] = ()


class Rule(Strict):
    """One way of recognising a P0."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")  # never changes; its text may
    trigger: str | None = None
    signal: Kind  # before `because`, which is checked by it
    because: str = Field(min_length=1, max_length=300)
    when: Condition
    at_least: AtLeast | None = None
    certainty: Certainty
    mode: Mode = "page"
    system: str | None = Field(None, max_length=80)  # what fails, where the source cannot know it
    examples: Examples = Examples()

    @property
    def scale(self) -> AtLeast | None:
        """How much is enough: the rule's own words, or MANY where scale decides."""
        return self.at_least or (MANY if self.certainty == "scale" else None)

    @model_validator(mode="after")
    def _fits_its_signal(self) -> Rule:
        foreign = sorted(set(self.when.keys()) & _foreign(self.signal))
        if foreign:
            raise ValueError(f"'{foreign[0]}' is no condition of a rule about {_PLURAL[self.signal]}")
        if self.signal != "issue" and (self.at_least or self.certainty == "scale"):
            raise ValueError(
                f"{_PLURAL[self.signal]} have no counts: certainty is definite or hint, without at_least"
            )
        kind = {"issue": IssueExample, "health": HealthExample, "report": ReportExample}[self.signal]
        if not all(isinstance(one, kind) for one in (*self.examples.fires, *self.examples.near_misses)):
            raise ValueError(f"the examples of this rule must be {_PLURAL[self.signal]}")
        return self

    @field_validator("because")
    @classmethod
    def _speaks_known_words(cls, because: str, read: ValidationInfo) -> str:
        kind = read.data.get("signal")
        if kind is None:  # that is wrong itself
            return because
        if not set(re.findall(r"\{([^{}]*)\}", because)) <= set(WORDS[kind]):
            known = ", ".join(f"{{{word}}}" for word in WORDS[kind])
            raise ValueError(
                f"because of a rule about {_PLURAL[kind]} knows {known}, and nothing else in braces"
            )
        return because


def _foreign(kind: str) -> frozenset[str]:
    return frozenset().union(*OF_KIND.values()) - OF_KIND[kind]


class RuleFile(Strict):
    """One file, one category."""

    version: Literal[1]
    category: Category
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=RULES_MAX)
