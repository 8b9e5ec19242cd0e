"""Two network namespaces and one cable between them: the daemon's machine, and everything else. Needs root and `ip`."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

T = TypeVar("T")

Cut = Literal["own", "far"]
"""Which end goes down. Our own: the system says at once that there is no network. The far one: nothing answers any more."""

NAMES = count(1)
NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
HERE, THERE = "10.231.7.1", "10.231.7.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def missing() -> str:
    """Why no cable can be laid here; empty where one can."""
    if shutil.which("ip") is None:
        return "`ip` (iproute2) is not installed"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    try:
        with Cable():
            return ""
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made here: {error.stderr.strip()}"


class Cable:
    """Both namespaces, for as long as the `with` lasts. THERE can be reached from inside, and nothing else can."""

    def __init__(self) -> None:
        name = f"watcher-{os.getpid()}-{next(NAMES)}"
        self.inside, self._outside = f"{name}-in", f"{name}-out"

    def __enter__(self) -> Self:
        try:
            self._lay()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _lay(self) -> None:
        for name in (self.inside, self._outside):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        far = ("peer", "name", "far", "netns", self._outside)
        ip("-n", self.inside, "link", "add", "own", "type", "veth", *far)
        for name, end, address in ((self.inside, "own", HERE), (self._outside, "far", THERE)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")

    def _remove(self) -> None:
        for name in (self.inside, self._outside):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    def set(self, end: Cut, state: Literal["up", "down"]) -> None:
        """Cut the cable at one end, or mend it."""
        name = self.inside if end == "own" else self._outside
        ip("-n", name, "link", "set", end, state)

    def outside(self, make: Callable[[], T]) -> T:
        """What `make` answers in the outer namespace. A socket that it opens stays there, whoever uses it."""

        def enter_and_make() -> T:
            with (NETNS / self._outside).open(encoding="utf-8") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")
            return make()

        with ThreadPoolExecutor(1) as own_thread:  # it ends with its namespace
            return own_thread.submit(enter_and_make).result()
