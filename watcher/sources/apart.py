"""A calendar read in a process of its own: what a text makes its reader do ends there, in bounded time and memory.

A rule of a few letters can describe a million shifts, or be looked for in vain to the end of the calendar's time; no
check of the text foresees all of it. The daemon waits for an answer, and goes on without one.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from watcher.oncall import ical
from watcher.oncall.ical import TOO_MUCH, NotReadable, Reading
from watcher.oncall.names import Names
from watcher.oncall.shift import kept, recalled

SECONDS_MAX = 10
"""Of a processor. The fullest calendar that is taken needs two."""
WAIT_MAX = 30.0
"""Seconds until it is ended, also where the machine is busy with other things."""
MEMORY_MAX = 256 * 1024 * 1024
"""Bytes of addresses. The fullest calendar that is taken needs some 150 MB, and the service's unit grants 512."""
KEPT = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "PYTHONTZPATH")
"""Of the environment: what Python needs to find itself, and no secret."""


class Apart:
    """One reading, within `seconds` of a processor and `memory` bytes. `stop` ends it from outside."""

    def __init__(self, *, seconds: int = SECONDS_MAX, memory: int = MEMORY_MAX) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def read(self, text: str, names: Names, zone: ZoneInfo, now: datetime, only: str | None) -> Reading:
        """As `ical.read`, and it waits for the answer. Raises NotReadable."""
        asked = {
            "text": text,
            "names": dict(names.known),
            "zone": zone.key,
            "now": now.isoformat(),
            "only": only,
            "bounds": [self._seconds, self._memory],
        }
        with self._begun() as process:
            return _told(_answer(process, json.dumps(asked).encode()))

    def _begun(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        command, pipe = [sys.executable, "-P", "-m", __name__], subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program, and nothing of the calendar's
                command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise NotReadable(f"its reader cannot be started: {error.strerror}") from None
        if self._stopped:
            self._process.kill()
        return self._process

    def stop(self) -> None:
        """Nobody waits for it any more."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()


def _answer(process: subprocess.Popen[bytes], asked: bytes) -> bytes:
    try:
        said, _ = process.communicate(asked, timeout=WAIT_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        raise NotReadable(TOO_MUCH) from None
    if process.returncode < 0:  # ended by its bounds
        raise NotReadable(TOO_MUCH)
    if process.returncode:
        raise NotReadable("its reader failed")
    return said


def _told(said: bytes) -> Reading:
    answer = json.loads(said)
    if "unreadable" in answer:
        raise NotReadable(answer["unreadable"])
    return Reading(
        shifts=recalled(answer["shifts"]), unknown=tuple(answer["unknown"]), more=bool(answer["more"])
    )


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the process says: the shifts, or why there are none."""
    names, zone, now = Names(asked["names"]), ZoneInfo(asked["zone"]), datetime.fromisoformat(asked["now"])
    try:
        found = ical.read(asked["text"], names, zone, now, asked["only"])
    except NotReadable as error:
        return {"unreadable": str(error)}
    return {"shifts": kept(found.shifts), "unknown": found.unknown, "more": found.more}


def main() -> None:
    """The process: bounded before it reads."""
    asked = json.load(sys.stdin.buffer)
    seconds, memory = asked["bounds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(answer(asked), sys.stdout)


if __name__ == "__main__":
    main()
