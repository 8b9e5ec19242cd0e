"""A play: the daemon's own network is cut for a while, and meanwhile the services behind it live on, or do not.

One daemon watches five services, each an incident of its own. All that they, the pager and a reference do is beyond the
cable. The log tells what the daemon made of it, the pager what people heard.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.crash.stage import ROOT
from tests.network.cable import THERE, Cable, Cut
from tests.outside import App, Got, Pager
from tests.whole.stage import Watcher, holds, settings
from watcher.incident.event import Event, Opened
from watcher.log.sqlite import SqliteLog

BEFORE, MEANWHILE = "fails-before", "fails-meanwhile"
HEALS, BLINKS, WELL = "heals-meanwhile", "blinks-meanwhile", "well"
SERVICES = (WELL, BEFORE, MEANWHILE, HEALS, BLINKS)
"""In words: always well; failing before the cut and after it; failing from the middle of the cut on; failing before and well
from the middle on; failing in the middle of the cut alone."""


class FarApp(App):
    host = THERE


class FarPager(Pager):
    host = THERE


def quiet(*_: object) -> None:
    """Whoever asked may be gone before the answer: here that is the play."""


class Inside(Watcher):
    """The daemon, in the inner namespace."""

    def __init__(self, folder: Path, config: Mapping[str, Any], namespace: str) -> None:
        super().__init__(folder, config)
        self._namespace = namespace

    def start(self) -> None:
        command = [sys.executable, "-m", "watcher", "run", "-c", str(self.config), "--log-format", "json"]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self._namespace, *command], cwd=ROOT, stdout=output, stderr=output
            )

    def ready(self, seconds: float = 20.0) -> bool:
        """Its door cannot be knocked at from here; it says when it is open."""
        return holds(lambda: not self.alive or '"event": "listening"' in self.said, seconds) and self.alive


@dataclass(frozen=True)
class Pace:
    """How long the parts of the play last, and the intervals of the daemon that fit."""

    before: float  # seconds from the first failures to the cut
    away: float  # seconds
    after: float  # seconds that are watched after the cable is mended
    health: Mapping[str, Any]
    blind: Mapping[str, Any]
    escalation: Mapping[str, Any]
    clean_for: str


QUICK = Pace(
    before=1.5,
    away=8,
    after=11.5,
    health={"every": "400ms", "timeout": "1s", "fail_after": 2, "retry_every": "100ms"},
    blind={"every": "500ms"},
    escalation={
        "unacknowledged": [
            {"after": "0m", "page": ["on-call"], "repeat": "60s"},
            {"after": "6s", "page": ["backup"]},
        ],
        "unmitigated": [{"after": "7500ms", "page": ["cto"]}],
    },
    clean_for="3s",
)
"""Both higher rungs would be due while the network is away, and after the reference has said so (it may take 3.5 s)."""


def slow(minutes: float) -> Pace:
    """The usual intervals, and rungs that would be due at a third and at two thirds of the time away."""
    third = f"{round(minutes * 20)}s"
    two_thirds = f"{round(minutes * 40)}s"
    return Pace(
        before=40,
        away=minutes * 60,
        after=100,
        health={},
        blind={},
        escalation={
            "unacknowledged": [
                {"after": "0m", "page": ["on-call"], "repeat": "3m"},
                {"after": third, "page": ["backup"]},
            ],
            "unmitigated": [{"after": two_thirds, "page": ["cto"]}],
        },
        clean_for="1m",
    )


def secret(folder: Path, name: str, text: str) -> dict[str, str]:
    """An address beyond this machine is a secret; it stands in a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return {"file": str(path)}


def config(folder: Path, pace: Pace, apps: Mapping[str, App], pager: Pager, reference: App) -> dict[str, Any]:
    endpoints = [
        {"name": n, "url": f"http://{app.address}/api/health", "system": n, "critical": True}
        for n, app in apps.items()
    ]
    phones = {
        name: {
            "apprise": secret(folder, name, f"json://{pager.address}/{name}"),
            "timeout": "2s",
            "wakes": True,
        }
        for name in ("ann", "bob", "cara")
    }
    return settings(
        pager.address,
        health={"defaults": dict(pace.health), "endpoints": endpoints},
        rules={"group_by": ["source"]},
        contacts={
            "ann": {"targets": ["ann"]},
            "bob": {"targets": ["bob"], "role": "backup"},
            "cara": {"targets": ["cara"], "role": "cto"},
        },
        targets=phones,
        escalation=dict(pace.escalation),
        recovery={"clean_for": pace.clean_for},
        blind={"reference": [f"http://{reference.address}/"], **pace.blind},
    )


class Play:
    """One cable, one daemon, five services. `facts` and `pages` tell what came of it."""

    def __init__(self, folder: Path, cut: Cut, pace: Pace) -> None:
        self.cut, self.pace = cut, pace
        self._folder = folder
        self._cable = Cable()
        self.cut_at = self.back_at = datetime.min.replace(tzinfo=UTC)
        self.back = 0.0

    @contextmanager
    def staged(self) -> Iterator[None]:
        """Everything runs; the daemon has looked at each service."""
        with ExitStack() as stack:
            stack.enter_context(self._cable)
            made = self._cable.outside(lambda: ([FarApp() for _ in SERVICES], FarPager(), FarApp()))
            served, self.pager, self.reference = made
            self.apps = dict(zip(SERVICES, served, strict=True))
            for one in (*served, self.pager, self.reference):
                one.server.handle_error = quiet  # type: ignore[assignment, method-assign]
                stack.enter_context(one)
            settled = config(self._folder, self.pace, self.apps, self.pager, self.reference)
            self.daemon = stack.enter_context(Inside(self._folder, settled, self._cable.inside))
            yield

    def fail_some(self) -> None:
        for name in (BEFORE, HEALS):
            self.apps[name].broken = True

    def go_away(self) -> None:
        self._cable.set(self.cut, "down")
        self.cut_at = datetime.now(UTC)

    def change(self) -> None:
        """In the middle of the time away."""
        self.apps[MEANWHILE].broken = self.apps[BLINKS].broken = True
        self.apps[HEALS].broken = False

    def change_again(self) -> None:
        self.apps[BLINKS].broken = False

    def come_back(self) -> None:
        self.back_at, self.back = datetime.now(UTC), time.monotonic()
        self._cable.set(self.cut, "up")

    def read(self) -> None:
        """Keep what the log and the pager hold now."""
        log = SqliteLog(self._folder / "watcher.db", lease=False)
        try:
            numbers = range(1, log.count("incident") + 1)
            self.incidents = [[r.event for r in log.read(f"incident/{number}")] for number in numbers]
        finally:
            log.close()
        self.got = list(self.pager.got)

    def numbers(self, service: str) -> list[int]:
        """The incidents of a service."""
        firsts = {n: facts[0] for n, facts in enumerate(self.incidents, 1)}
        return [
            n for n, o in firsts.items() if isinstance(o, Opened) and o.signs[0].source == f"health:{service}"
        ]

    def facts(self, service: str) -> list[Event]:
        return [fact for number in self.numbers(service) for fact in self.incidents[number - 1]]

    def pages(self, service: str, *, after: bool | None = None) -> list[Got]:
        """The pages about a service: all, or those that came after the network was back, or before."""
        names = tuple(f"INC-{number} " for number in self.numbers(service))
        about = [got for got in self.got if got.title.startswith(names)]
        return [got for got in about if after in (None, got.at >= self.back)]

    def others(self) -> list[Got]:
        """What is about no incident."""
        return [got for got in self.got if not got.title.startswith("INC-")]


def rest(seconds: float) -> None:
    """The network is real, and so is its time."""
    time.sleep(seconds)


def perform(plays: list[Play]) -> None:
    """All of them at once, in step."""
    with ExitStack() as stack:
        for play in plays:
            stack.enter_context(play.staged())
        pace = plays[0].pace

        def each(act: str) -> None:
            for play in plays:
                getattr(play, act)()

        rest(min(2.0, pace.before))
        each("fail_some")
        rest(pace.before)
        each("go_away")
        rest(pace.away / 2)
        each("change")
        rest(pace.away / 4)
        each("change_again")
        rest(pace.away / 4)
        each("come_back")
        rest(pace.after)
        each("read")
