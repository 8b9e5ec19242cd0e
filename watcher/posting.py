"""Between what is owed and what is sent: what may wait, what is said together, and the page itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from notifiers.page import Page
from notifiers.render import LINE_MAX
from notifiers.safe_text import safe_line
from watcher.config import Config
from watcher.incident.event import Purpose
from watcher.incident.machines import id_of, kind_of
from watcher.incident.outbox import Due
from watcher.incident.proof import id_of_test
from watcher.incident.state import Incident
from watcher.view import runbook
from watcher.zoned import zoned

MAY_WAIT: frozenset[Purpose] = frozenset(
    {"news", "still-on-it", "turned", "taken", "checkpoint", "words", "behind", "postmortem"}
)
"""Updates and reminders: merged, one message each ten minutes to a target, held back in quiet hours.

Never a page that wakes, a suspicion, a blind eye, a recovery or an end."""
MESSAGE_EVERY = timedelta(minutes=10)
MERGED_MAX = 10
"""Messages in one; a phone shows no more, and the rest follows in the next."""
LINES_SHOWN = 2
TYPE = "Type: "
AGE_SHOWN = timedelta(minutes=1)
"""A page that left within a minute was on time."""
ANSWERED = ("incident", "suspicion")
"""What a person can acknowledge."""

Typing = Callable[[str, int, str | None], str]
"""What to type in answer: id, page and contact to a command, or a sentence with its code."""


def typing(id_: str, _page: int, _contact: str | None) -> str:
    """The command, where there is no other place to write."""
    return f"watcher ack {id_}"


Link = Callable[[str, str | None], str]
"""Where the bearer of a page may acknowledge it: id and contact to address; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery that is due."""

    stream: str
    due: Due
    drill: bool = False

    @property
    def key(self) -> tuple[str, int, str]:
        return self.stream, self.due.page, self.due.delivery.target

    @property
    def id(self) -> str:
        return f"{self.matter}/{self.due.page}@{self.due.delivery.target}"

    @property
    def matter(self) -> str:
        """What people call what it is about: INC-7, SUS-3, TEST-12."""
        test = self.due.request.purpose == "test"
        return id_of_test(self.due.page) if test else id_of(self.stream)

    @property
    def wakes(self) -> bool:
        return self.due.request.kind == "wake"

    @property
    def may_wait(self) -> bool:
        return not self.wakes and self.due.request.purpose in MAY_WAIT


def page(
    job: Job,
    config: Config,
    link: Link,
    hint: Typing,
    now: datetime,
    started_at: datetime,
    state: object = None,
) -> Page:
    """One delivery as it is sent. What was owed before this process began may have been sent by the one before.

    `state` is what it is about, as it stands now.
    """
    request, id_ = job.due.request, job.matter
    age = now - request.at
    asks = job.wakes or request.purpose in ("suspicion", "still-on-it")
    actionable = asks and (kind_of(job.stream) in ANSWERED or request.purpose == "test")
    return Page(
        id=job.id,
        kind=request.kind,
        title=request.title,
        lines=_zoned(_with_command(request.lines, state, config, now), job, config),
        link=link(id_, job.due.delivery.contact) if actionable else "",
        command=hint(id_, job.due.page, job.due.delivery.contact) if actionable else "",
        age=age if age >= AGE_SHOWN else timedelta(0),
        repeat=job.due.repeat or request.at < started_at,
        hosts=_own_hosts(config),
        drill=job.drill,
    )


def _zoned(lines: tuple[str, ...], job: Job, config: Config) -> tuple[str, ...]:
    """On the clock of those on call as well; what is typed, and what leaves the house, stays as it is."""
    request = job.due.request
    if request.kind == "publish":
        return lines
    zone = config.on_call.zone
    return tuple(line if line.startswith(TYPE) else zoned(line, zone, request.at) for line in lines)


def _with_command(lines: tuple[str, ...], state: object, config: Config, now: datetime) -> tuple[str, ...]:
    """What to type, below the action and who is affected, where the action is still the one that the page names."""
    if not isinstance(state, Incident) or state.recommended is None:
        return lines
    advice = state.recommended
    if advice.headline not in lines or runbook.chosen(state) != advice.choice:
        return lines
    steps = runbook.commands(state, config.evidence.book, now)
    if not steps:
        return lines
    typed = f"{TYPE}{steps[0].text}"
    whole = safe_line(typed, LINE_MAX) == typed  # a command that is cut or broken is another command
    who = (n for n, line in enumerate(lines) if line.startswith("Who: "))
    below = next(who, lines.index(advice.headline)) + 1
    return *lines[:below], typed if whole else f"The commands: watcher show {state.id}", *lines[below:]


def together(pages: Sequence[Page]) -> Page:
    """Several messages as one."""
    first, *others = pages
    if not others:
        return first
    lines = [
        line for one in pages for line in (one.title, *(f"  {text}" for text in one.lines[:LINES_SHOWN]))
    ]
    return replace(
        first,
        title=f"{len(pages)} messages, first: {first.title}",
        lines=tuple(lines),
        repeat=any(one.repeat for one in pages),
        age=max(one.age for one in pages),
    )


def _own_hosts(config: Config) -> tuple[str, ...]:
    """The hosts whose addresses stay links in a page: ours, the Sentry that we read, the runbook's."""
    addresses = [config.service.public_url, config.service.runbook, *(s.url for s in config.sentry)]
    return tuple({urlsplit(address).netloc for address in addresses if address})
