"""An answer that is no success, in words that say what to do."""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):  # noqa: N818 - it is an answer
    """What was asked cannot be done. The text is for people; it never quotes what was sent."""

    def __init__(
        self, status: int, because: str, headers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(because)
        self.status = status
        self.because = because
        self.headers = dict(headers or {})
        self.more = more  # beside "error" in the JSON
