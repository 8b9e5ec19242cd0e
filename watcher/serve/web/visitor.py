"""Whoever asks for a page."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.serve.web.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """`caller` is the name of their token, `session` who they say to be."""

    caller: str = ""
    session: Session | None = None
    everything: bool = True  # may see every page
    acts: bool = False  # may press buttons

    @property
    def name(self) -> str:
        """Empty where they have not said it."""
        return self.session.name if self.session is not None else ""

    @property
    def identity(self) -> str:
        """What stays the same when they sign in again. Who sits at the machine itself is one, by whatever name."""
        session = self.session
        if session is None or not (session.scope or session.opened_by):
            return ""
        return f"{session.scope}\0{session.opened_by}\0{session.name}"
