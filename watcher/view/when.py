"""A moment for programs. Pure."""

from __future__ import annotations

from datetime import datetime


def iso(moment: datetime | None) -> str | None:
    """As ISO 8601 writes it; None stays None."""
    return moment.isoformat() if moment is not None else None
