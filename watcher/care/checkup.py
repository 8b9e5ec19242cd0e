"""The check-up: can what is configured wake anybody? Every finding at once, each with its mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from watcher.config import Config
from watcher.finding import Finding, Level
from watcher.roster import Roster

HERE = ("localhost", "127.0.0.1", "::1")


def of_config(config: Config, understandable: Callable[[str], bool]) -> Iterator[Finding]:
    """What the configuration alone tells."""
    yield from _targets(config, understandable)
    yield from _woken(config)
    yield from _rungs(config)
    yield from _answers(config)


def of_proofs(config: Config) -> Iterator[Finding]:
    """Does anything prove, between two incidents, that a page would arrive?"""
    if config.canary is None:
        mend = "name a quiet target under canary"
        yield Finding("warning", f"canary: none; a path that broke is found by the next page; {mend}")
    if config.heartbeat is None:
        mend = "name the address of a dead-man service under heartbeat"
        yield Finding("warning", f"heartbeat: none; nobody misses the watcher when it is gone; {mend}")
    if config.errors is not None and find_spec("sentry_sdk") is None:
        mend = "install sentry-sdk, the extra called sentry"
        yield Finding("fault", f"errors: its library is not installed, so nothing is sent; {mend}")


def _targets(config: Config, understandable: Callable[[str], bool]) -> Iterator[Finding]:
    for name, target in config.targets.items():
        if understandable(target.apprise.get_secret_value()):
            yield Finding("ok", f"target {name}: its address can be understood")
        else:
            mend = "see the list of services in Apprise's documentation"
            yield Finding("fault", f"target {name}: its address cannot be understood; {mend}")


def _woken(config: Config) -> Iterator[Finding]:
    """The default, and whoever is on a list."""
    listed = (person for one in config.on_call.rotations for person in one.people)
    for person in dict.fromkeys((config.on_call.default, *listed)):
        ringing = Roster(config).ringing(person)
        if ringing:
            yield Finding("ok", f"on-call {person}: woken by {', '.join(ringing)}")
            continue
        mend = "mark one with wakes: true (and for: wake)"
        level: Level = "fault" if person == config.on_call.default else "warning"
        yield Finding(level, f"on-call {person}: no target of theirs wakes; {mend}")


def _rungs(config: Config) -> Iterator[Finding]:
    """Whoever is named by a rung is meant to wake up."""
    escalation = config.escalation
    rungs = (rung.page for rung in (*escalation.unacknowledged, *escalation.unmitigated))
    for who in dict.fromkeys(who for page in (*rungs, escalation.security.page) for who in page):
        if who != "on-call" and not Roster(config).ringing(who):
            mend = "mark one with wakes: true"
            yield Finding("warning", f"escalation: {who} is paged, but no target of theirs wakes; {mend}")


def _answers(config: Config) -> Iterator[Finding]:
    """How a page is answered from bed: a link that a phone can open, or a message."""
    by_message = _by_message(config)
    yield from by_message
    url = config.service.public_url
    if url is None and not by_message:
        mend = (
            "set service.public_url to where a phone can reach this machine, or reply: {ntfy: ...}, or mqtt"
        )
        yield Finding("warning", f"a page can be answered at a terminal only; {mend}")
    if url is not None and urlsplit(url).hostname in HERE:
        yield Finding("warning", "service.public_url: it is this machine itself, which a phone cannot open")
    elif url is not None:
        yield Finding("ok", f"service.public_url: {url}")


def _by_message(config: Config) -> list[Finding]:
    found = []
    if config.reply is not None:
        found.append(
            Finding("ok", "reply: pages are answered in an ntfy topic, with the code that they carry")
        )
    if config.mqtt is not None and (config.mqtt.tls or config.mqtt.host in HERE):
        found.append(Finding("ok", f"mqtt: pages are answered in {config.mqtt.topic('commands', 'ack')}"))
    elif config.mqtt is not None:
        found.append(Finding("warning", "mqtt: password and codes travel in clear; use mqtts://"))
    return found
