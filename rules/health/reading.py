"""The words between the formats: an answer, and a reading of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from rules.mask import mask
from rules.signal import HealthState

NAME_MAX = 80
"""No component, version or state word is longer in earnest."""

NAMES_MAX = 50
"""More failing components than these tell nobody more."""

LOOKED_AT_MAX = 4 * NAMES_MAX
"""Masking is the dear part: a body of 256 KiB can name ten thousand."""

SERVER_ERROR = 500

_SECRET_MAX = 2000
"""The longest token that may begin within a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an answer says. `because` is safe to show: words of ours, and names cut to one printable line."""

    state: HealthState
    failed_components: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    announced: bool = False  # the service itself announced the downtime
    version: str | None = None
    stale: bool = False  # it was good once, and too long ago to say anything of now


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer: header names in small letters, the body as text without byte order mark and edges."""

    status: int
    headers: Mapping[str, str]
    text: str
    cut: bool = False  # the body is longer than we read
    latency: timedelta | None = None
    start: str = field(init=False)  # the first sign of the body: what it looks like

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.text[:1])

    @property
    def failed(self) -> bool:
        """Whether the status alone says that the server could not."""
        return self.status >= SERVER_ERROR


def unread(answer: Answer, why: str) -> Reading:
    """An answer that does not speak of health: the status alone judges, and a good status proves nothing."""
    if answer.failed:
        return Reading(state="down", because=(f"it answers {answer.status}", why))
    return Reading(state="unknown", because=(why,))


def line(text: str, limit: int = NAME_MAX) -> str:
    """One printable, masked line of somebody else's text. It is cut generously first, so that no secret is halved."""
    masked = mask(text[: limit + _SECRET_MAX])
    flat = "".join(sign if sign.isprintable() else " " for sign in masked).strip()
    return flat if len(flat) <= limit else flat[: limit - 3] + "..."


def lines(names: Iterable[str]) -> tuple[str, ...]:
    """Names as printable lines, each once, bounded."""
    shown = dict.fromkeys(line(name) for name in islice(dict.fromkeys(names), LOOKED_AT_MAX))
    return tuple(name for name in shown if name)[:NAMES_MAX]
