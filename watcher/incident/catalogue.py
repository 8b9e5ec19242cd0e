"""Every kind of fact by the word that stands for it on disk."""

from __future__ import annotations

from watcher.incident import event, findings, responding, surroundings
from watcher.incident.event import Event


def _kinds() -> dict[str, type[Event]]:
    found = (
        value for module in (event, findings, responding, surroundings) for value in vars(module).values()
    )
    kinds = {
        kind for kind in found if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    }
    return {kind.__name__: kind for kind in sorted(kinds, key=lambda kind: kind.__name__)}


EVENTS: dict[str, type[Event]] = _kinds()
