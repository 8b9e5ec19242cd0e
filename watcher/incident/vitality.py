"""Signs of life: what a look tells of the release that was deployed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from rules.signal import HealthSignal, IssueSignal, Signal
from watcher.incident.release import short
from watcher.incident.state import Incident

Life = tuple[str, str]
"""A version, and how it was seen."""


def seen(signals: Iterable[Signal], state: Incident) -> Iterator[Life]:
    """The releases that these signals show in use since the deployment."""
    deployed = state.response.deployed
    if deployed is None:
        return
    for signal in signals:
        found = _of(signal, deployed.deployed_at)
        if found is not None:
            yield found


def _of(signal: Signal, since: datetime) -> Life | None:
    if isinstance(signal, HealthSignal) and signal.version and signal.state == "up":
        return signal.version, f"{signal.key} answers as {short(signal.version)}"
    if isinstance(signal, IssueSignal) and signal.release and signal.last_at and signal.last_at > since:
        return signal.release, f"an event of {short(signal.release)}"
    return None
