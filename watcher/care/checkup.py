"""The check-up: can what is configured wake anybody? Every finding at once, each with its mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from watcher.config import Config
from watcher.finding import Finding


def of_config(config: Config, understandable: Callable[[str], bool]) -> Iterator[Finding]:
    """What the configuration alone tells."""
    yield from _targets(config, understandable)
    yield _on_call(config)
    yield _link(config)


def _targets(config: Config, understandable: Callable[[str], bool]) -> Iterator[Finding]:
    for name, target in config.targets.items():
        if understandable(target.apprise.get_secret_value()):
            yield Finding("ok", f"target {name}: its address can be understood")
        else:
            mend = "see the list of services in Apprise's documentation"
            yield Finding("fault", f"target {name}: its address cannot be understood; {mend}")


def _on_call(config: Config) -> Finding:
    on_call = config.on_call.default
    ringing = [t for t in config.contacts[on_call].targets if config.targets[t].wakes]
    if ringing:
        return Finding("ok", f"on-call {on_call}: woken by {', '.join(ringing)}")
    return Finding("fault", f"on-call {on_call}: no target of theirs wakes; mark one with wakes: true")


def _link(config: Config) -> Finding:
    url = config.service.public_url
    if url is None:
        mend = "set it to where a phone can reach this machine"
        return Finding("warning", f"service.public_url: pages carry a command to type, no link; {mend}")
    if urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1"):
        return Finding("warning", "service.public_url: it is this machine itself, which a phone cannot open")
    return Finding("ok", f"service.public_url: {url}")
