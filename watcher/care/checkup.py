"""The check-up: does what is configured work? Every finding at once, each with its mend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from watcher.config import Config

Grade = Literal["good", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `what` names it, `text` says how it is, and the mend where it is not good."""

    grade: Grade
    what: str
    text: str


class Checkable(Protocol):
    """A source that can be asked whether it would see."""

    async def check(self) -> list[Finding]: ...


def of_targets(config: Config, understandable: Callable[[str], bool]) -> Iterator[Finding]:
    """Can each target's address be understood, and does one of the on-call's ring?"""
    for name, target in config.targets.items():
        if understandable(target.apprise.get_secret_value()):
            yield Finding("good", f"target {name}", "its address can be understood")
        else:
            yield Finding("fault", f"target {name}", "its address cannot be understood; see the list of Apprise services")
    on_call = config.on_call.default
    ringing = [t for t in config.contacts[on_call].targets if config.targets[t].wakes]
    if ringing:
        yield Finding("good", f"on-call {on_call}", f"is woken by {', '.join(ringing)}")
    else:
        yield Finding("fault", f"on-call {on_call}", "has no target that wakes; mark one with wakes: true")


def of_links(config: Config) -> Iterator[Finding]:
    """Can a phone open the acknowledgement link?"""
    url = config.service.public_url
    if url is None:
        text = "is not set: pages carry a command to type, no link; set it to where a phone can reach this machine"
        yield Finding("warning", "service.public_url", text)
    elif urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1"):
        yield Finding("warning", "service.public_url", "is this machine itself: a phone cannot open it")
    else:
        yield Finding("good", "service.public_url", url)


async def of_sources(sources: dict[str, Checkable]) -> list[Finding]:
    """Ask every source at once; one that raises is a fault of its own."""
    answers = await asyncio.gather(*(s.check() for s in sources.values()), return_exceptions=True)
    found: list[Finding] = []
    for name, answer in zip(sources, answers, strict=True):
        if isinstance(answer, list):
            found += answer
        else:
            found.append(Finding("fault", name, f"could not be asked: {type(answer).__name__}"))
    return found
