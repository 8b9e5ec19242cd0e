"""The words for a source that cannot see: what that means, and what to look at first. Pure."""

from __future__ import annotations

from collections.abc import Mapping

NETWORK = "network"
"""The name of the references."""
CALENDAR = "calendar"
"""The name of the one that says who is on call."""
BROKER = "broker"
"""The name of the MQTT broker."""
REPLIES = "replies"
"""The name of the reply topic."""

CHECK = "watcher check -c watcher.yaml"

_DOUBT: Mapping[str, str] = {
    CALENDAR: "Who is on call is read from its last good copy: watcher who",
    BROKER: "Pages leave without it. Reports and acknowledgements over MQTT are not heard.",
    REPLIES: "Pages leave without it. An answer in the topic is not heard: use the link, or watcher ack ID.",
}
_NEXT: Mapping[str, str] = {
    "auth": f"Is the token or the password still valid, and may it read this? {CHECK}",
    "not_found": f"Is the address still right, and what it names still there? {CHECK}",
    "access_lost": f"Was a project renamed or deleted, or taken from the token? {CHECK}",
    "rate_limited": "It is asked more often than it allows: who else uses this token? A longer `every` helps.",
    "client_error": f"It does not take what it is asked: was it upgraded? {CHECK}",
    "server_error": "Is the service itself well? Its status page says. It is tried on.",
    "timeout": "Is the service itself well? Its status page says. It is tried on.",
    "unreachable": f"Is it running, does its name resolve, does a firewall stand between? {CHECK}",
    "not_json": f"Does its address lead to a login page, or to another program? {CHECK}",
    "unreadable": f"Open it yourself: is it still what it was? {CHECK}",
    "too_large": "Open it yourself: why does it say so much?",
    "offline": "Is this machine's own network there, its name server, its gateway?",
    "silent": "It hangs, or stopped with an error: journalctl -u watcher",
}


_LOST: Mapping[str, str] = {
    BROKER: "the MQTT broker cannot be used",
    REPLIES: "the reply topic cannot be read",
}
_BACK: Mapping[str, str] = {
    BROKER: "the MQTT broker can be used again",
    REPLIES: "the reply topic can be read again",
}


def lost(name: str) -> str:
    """That it is blind, for a title."""
    return _LOST.get(name, f"{name} cannot see")


def back(name: str) -> str:
    """That it sees."""
    return _BACK.get(name, f"{name} sees again")


def doubt(name: str) -> str:
    """What is not known meanwhile, or does not work."""
    return _DOUBT.get(name, "What it watches may be well, or not: I do not know.")


def next_step(reason: str) -> str:
    """What to look at first, in one line."""
    return _NEXT.get(reason, CHECK)
