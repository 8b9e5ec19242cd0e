"""A loop of virtual time: when nothing is left to do but wait, the wait is over."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Never waits: the time that the loop wanted to wait for is added to its clock."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        if self.loop.held:
            return super().select(0.01 if timeout is None else min(timeout, 0.01))
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(0.01)  # a thread of the default executor may still answer
        self.loop.virtual += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` moves by jumps. Only for worlds without real sockets and threads; while it is `held`, it stands."""

    def __init__(self) -> None:
        self.virtual = 0.0
        self.held = False
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.virtual


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
