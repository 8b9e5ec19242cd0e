"""Threads that nobody waits for at the end: a name server that is gone holds a look-up for half a minute."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

THREADS_MAX = 32
"""Look-ups at a time; a round of hundreds of probes queues behind them for milliseconds."""

P = ParamSpec("P")
T = TypeVar("T")


class Unawaited(ThreadPoolExecutor):
    """The loop's own pool, for look-ups of names: what still runs when the process ends is left behind.

    asyncio takes nothing but a ThreadPoolExecutor, and that one's threads would be joined.
    """

    def __init__(self) -> None:
        super().__init__(max_workers=1)  # its own threads are never started
        self._alone = threading.Lock()
        self._todo: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._owed = 0  # calls that wait or run
        self._started = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Like its parent's; the thread is a daemon."""
        future: Future[T] = Future()
        self._todo.put((future, partial(fn, *args, **kwargs)))
        with self._alone:
            self._owed += 1
            if self._started < min(self._owed, THREADS_MAX):
                threading.Thread(target=self._work, name=f"look-up {self._started}", daemon=True).start()
                self._started += 1
        return future

    def _work(self) -> None:
        while True:
            future, call = self._todo.get()
            if future.set_running_or_notify_cancel():
                _settle(future, call)
            del future, call
            with self._alone:
                self._owed -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - its parent's
        """Nobody waits."""


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it hears of it
        future.set_exception(error)
