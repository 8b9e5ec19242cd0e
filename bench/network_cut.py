"""Cut the daemon's own network for a while, and print what it made of that. Needs root and `ip` (iproute2).

    python -m bench.network_cut [--minutes 10] [--cut own far]

In network namespaces of their own: the daemon watches five services at the usual intervals, with rungs that would be due at
a third and at two thirds of the time away. Prints, for each service and each end at which the cable is cut, what was opened,
who climbed when and which pages arrived (seconds from the moment at which the network was back); exit 1 where an outage was
false, a rung was climbed while we were away, or a page is missing or wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from tests.network.away import BEFORE, HEALS, MEANWHILE, SERVICES, Play, perform, slow
from tests.network.cable import missing
from watcher.incident.event import Escalated, Opened

AT_ONCE = 60.0
"""Seconds. Less than the usual repetition of three minutes."""
EXPECTED = {BEFORE: 1, HEALS: 1, MEANWHILE: 1}
"""Incidents of a service; of the others none."""


def shown(play: Play, service: str) -> str:
    facts = play.facts(service)
    opened = [f"{(f.at - play.back_at).total_seconds():.1f}" for f in facts if isinstance(f, Opened)]
    climbed = [f"{(f.at - play.back_at).total_seconds():.1f}" for f in facts if isinstance(f, Escalated)]
    pages = [f"{got.path[1:]} {got.at - play.back:.1f}" for got in play.pages(service)]
    return f"opened {opened or '-'}, climbed {climbed or '-'}, pages {', '.join(pages) or '-'}"


def faults(play: Play) -> list[str]:
    """What is wrong with a play."""
    found = []
    for service in SERVICES:
        opened = len(play.numbers(service))
        if opened != EXPECTED.get(service, 0):
            found.append(f"{service}: {opened} incidents")
        climbs = [f.at for f in play.facts(service) if isinstance(f, Escalated)]
        if any(play.cut_at < at < play.back_at for at in climbs):
            found.append(f"{service}: climbed while we were away")
    if len([got for got in play.pages(MEANWHILE, after=True) if got.path == "/ann"]) != 1:
        found.append("the outage that began meanwhile is not one page")
    rang = [got.at for got in play.pages(BEFORE, after=True) if got.path == "/ann"]
    if any(later - earlier < AT_ONCE for earlier, later in pairwise(rang)):
        found.append("the one on call rings twice at once for what failed before")
    if [got for got in play.pages(HEALS, after=True) if got.path != "/ann"]:
        found.append("somebody new was woken for what had healed")
    if sorted({got.path for got in play.pages(BEFORE, after=True)} - {"/ann"}) != ["/bob", "/cara"]:
        found.append("what fails on did not climb after the fresh look")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--cut", nargs="+", choices=["own", "far"], default=["own", "far"])
    asked = parser.parse_args()
    if reason := missing():
        print(reason, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        plays = []
        for cut in asked.cut:
            (Path(folder) / cut).mkdir()
            plays.append(Play(Path(folder) / cut, cut, slow(asked.minutes)))
        perform(plays)
        wrong = 0
        for play in plays:
            print(f"cut at the {play.cut} end for {(play.back_at - play.cut_at).total_seconds():.0f} s")
            for service in SERVICES:
                print(f"  {service:17} {shown(play, service)}")
            others = [f"{got.at - play.back:.1f} {got.path[1:]}: {got.title}" for got in play.others()]
            print("  of no incident:", *(others or ["-"]), sep="\n    ")
            found = faults(play)
            print("  wrong:", *(found or ["nothing"]), sep="\n    ")
            wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
