"""Whoever asks for a page."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.serve.web.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """`caller` is the name of their token, `session` who they say to be, `cookie` what says so."""

    caller: str = ""
    session: Session | None = None
    cookie: str = ""
    everything: bool = True  # may see every page
    acts: bool = False  # may press buttons

    @property
    def name(self) -> str:
        """Empty where they have not said it."""
        return self.session.name if self.session is not None else ""
