"""A sender that remembers instead of sending, for tests and simulations; it answers from a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from notifiers.page import Destination, Page, Receipt

SENT_MAX = 100_000
"""A simulated month of the loudest incident fits; a simulation that sends more has a fault of its own."""

ACCEPTED = Receipt(outcome="accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One attempt as it was made."""

    target: str
    page: Page
    receipt: Receipt


class MemorySender:
    """Keeps every attempt in `sent`. The script holds each target's receipts in order; after them all is accepted."""

    def __init__(self, script: Mapping[str, Iterable[Receipt]] | None = None) -> None:
        self.sent: list[Sent] = []
        self._script: dict[str, Iterator[Receipt]] = {
            t: iter(receipts) for t, receipts in (script or {}).items()
        }

    async def send(self, page: Page, destination: Destination) -> Receipt:
        receipt = next(self._script.get(destination.name, iter(())), ACCEPTED)
        if len(self.sent) >= SENT_MAX:
            return Receipt(
                outcome="refused", reason="server_error", detail="the memory of this sender is full"
            )
        self.sent.append(Sent(target=destination.name, page=page, receipt=receipt))
        return receipt

    def pages(self, target: str | None = None) -> list[Page]:
        """What was accepted, in order; for one target, or for all."""
        accepted = (s for s in self.sent if s.receipt.outcome == "accepted")
        return [s.page for s in accepted if target in (None, s.target)]
