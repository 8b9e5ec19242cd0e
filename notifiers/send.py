"""Which sender carries a page, by the scheme of the address.

To add a sender: write a class with `send` (see `notifiers.page.Sender`) in a file of its own, and give it to the World
under its scheme. The sender under the empty scheme answers for all that nobody else carries.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifiers.page import Sender

EVERY_OTHER = ""


def scheme_of(address: str) -> str:
    """The scheme of an address in lower case; empty where it has none."""
    scheme, found, _ = address.strip().partition("://")
    return scheme.lower() if found else ""


def sender_for(address: str, senders: Mapping[str, Sender]) -> Sender:
    """The sender of the address's scheme, or else the one that answers for every other."""
    return senders.get(scheme_of(address)) or senders[EVERY_OTHER]
