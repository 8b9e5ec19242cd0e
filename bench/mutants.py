"""Plant one mistake at a time in a copy of the tree, and see who notices: the simulated worlds, or the unit tests.

    python -m bench.mutants [--seeds 10] [--hours 5] [--only WORD]

Each mutant is one textual replacement. Prints for each: found or survived, by the properties and by the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("watcher", "rules", "notifiers", "tests", "bench", "pyproject.toml")
UNIT = ("tests/incident", "tests/engine", "tests/log")


@dataclass(frozen=True)
class Mutant:
    file: str
    right: str
    wrong: str
    name: str


MUTANTS = (
    Mutant("watcher/incident/outbox.py", "if attempt.accepted or attempt.delivery.fallback is None or", "if True or", "no fallback ever"),
    Mutant("watcher/incident/outbox.py", "ended=before.ended or event.retry_at is None", "ended=True", "a failed page is not tried again"),
    Mutant("watcher/incident/outbox.py", "maybe=before.maybe or event.unknown", "maybe=before.maybe", "a lost answer is not marked at the next try"),
    Mutant("watcher/incident/outbox.py", "_with(_reach(outbox, event.page, event.target) if event.unknown else outbox, event.page, after)", "_with(outbox, event.page, after)", "a target with a lost answer counts as not reached"),
    Mutant("watcher/incident/receipts.py", "min(max(asked, RETRY_FIRST), RETRY_AFTER_MAX)", "asked", "a service may ask us to wait for hours"),
    Mutant("watcher/incident/receipts.py", "if attempt_of(outbox, page, target).accepted:", "if False:", "a receipt after the acceptance is written"),
    Mutant("watcher/incident/outbox.py", "    if owed.withdrawn:\n        return\n", "", "withdrawn pages go on"),
    Mutant("watcher/incident/escalation.py", 'lost is None or (ladder == "unacknowledged" and number == 0)', "True", "rungs climb for our own downtime"),
    Mutant("watcher/incident/escalation.py", "if repeat is None or (owed is not None and not box.woke(owed)):", "if True:", "no rung is repeated"),
    Mutant("watcher/incident/escalation.py", "if not state.paging:\n        return\n    ladders", "ladders", "the ladders go on after the recovery"),
    Mutant("watcher/incident/escalation.py", "if not state.acknowledged_by else", "if True else", "an acknowledgement stops nothing"),
    Mutant("watcher/incident/escalation.py", "return state.acknowledged_until if state.paging else None", "return None", "an acknowledgement never expires"),
    Mutant("watcher/incident/passing.py", "if (turn := recovery.reached(draft.state, now)) is not None:", "if (turn := recovery.reached(draft.state, now)) and False:", "nothing ever recovers"),
    Mutant("watcher/incident/passing.py", "for step in escalation.due(draft.state, now):", "for step in escalation.due(draft.state, now)[:0]:", "time fires no rung"),
    Mutant("watcher/incident/passing.py", 'draft.tell("recovered", paged,', 'draft.tell("recovered", paged[:0],', "nobody is told of the recovery"),
    Mutant("watcher/incident/people.py", 'draft.tell("closed", to,', 'draft.tell("closed", to[1:],', "one of those paged is not told of the end"),
    Mutant("watcher/incident/recovery.py", "if len(times) < len(looked_at):", "if not times:", "one clean signal is enough"),
    Mutant("watcher/incident/recovery.py", "held, lively = since + state.policy.clean_for,", "held, lively = since + state.policy.clean_for / 3,", "recovered after a third of the window"),
    Mutant("watcher/incident/seeing.py", "command.source in (None, w.sign.source)", "command.source is None", "blind time counts as clean"),
    Mutant("watcher/incident/seeing.py", "draft.add(Reopened(at=now, because=signs[0].title))", "pass", "what comes back does not reopen"),
    Mutant("watcher/incident/state.py", 'outbox=box.withdraw_told(box.withdraw(state.outbox, "unacknowledged"), "still-on-it"),', "", "an acknowledgement withdraws no page"),
    Mutant("watcher/incident/state.py", "return _set_aside(replace(state, categories=(*state.categories, event.category)), event.at)", "return replace(state, categories=(*state.categories, event.category))", "a wider incident keeps its acknowledgement"),
    Mutant("watcher/incident/grouping.py", "candidates = [i for i in incidents if i.status not in FINAL and", "candidates = [i for i in incidents if", "signals join what is closed"),
    Mutant("watcher/incident/suspicion.py", "return max(state.rang.at + RING_EVERY", "return max(state.rang.at + 9 * RING_EVERY", "a suspicion rings seldom"),
    Mutant("watcher/incident/vigil.py", "told=False,\n", "told=True,\n", "a second blindness is not told"),
    Mutant("watcher/deliver.py", "owed = tuple(job for job in jobs if self._owed(job))", "owed = jobs", "what was withdrawn in its lane goes out"),
    Mutant("watcher/deliver.py", "if job.key not in self._flying and not", "if not", "what is in flight is sent again"),
    Mutant("watcher/deliver.py", "lane = self._lane(jobs[0].due.delivery.target)", 'lane = self._lane("all")', "one lane for all targets"),
    Mutant("watcher/deliver.py", '        self._world.reached("recorded")\n', "        await self._world.clock.sleep(timedelta(minutes=5))\n", "a lane rests after each page"),
    Mutant("watcher/posting.py", "job.due.repeat or request.at < started_at", "job.due.repeat", "what a former life may have sent is not marked"),
    Mutant("watcher/engine.py", "            self._absent(turn, down_since)\n", "", "a restart is no absence"),
    Mutant("watcher/streams.py", "for stream in [*await self._offload(self._log.open_streams), *always]:", "for stream in [*(await self._offload(self._log.open_streams))[:1], *always]:", "a restart forgets open streams"),
    Mutant("watcher/engine.py", "rows = await self._world.offload(self._log.append, batch, memory)", "rows = [r for b in batch for r in await self._world.offload(self._log.append, [b], memory)]", "one append a stream"),
    Mutant("watcher/judge.py", 'failing = {ref: sv for ref, sv in seen.items() if sv[1].outcome == "p0" or ref in watched}', 'failing = {ref: sv for ref, sv in seen.items() if sv[1].outcome == "p0"}', "a confirmed hint counts as clean"),
    Mutant("watcher/incident/compose.py", "QUIET_RESOLVED = timedelta(minutes=10)", "QUIET_RESOLVED = timedelta(hours=10)", "what a person closed stays quiet for hours"),
    Mutant("watcher/hearing.py", "return mask(clean(text, TEXT_MAX))", "return text[:TEXT_MAX]", "reports are not masked"),
    Mutant("watcher/clock.py", "self._last = max(self._wall(), self._last + (monotonic - self._last_monotonic))", "self._last = self._wall()", "time goes back with the wall clock"),
    Mutant("watcher/incident/verification.py", "same(sign.release, deployed.version) or not _known_before(state, deployed, sign.release)", "same(sign.release, deployed.version)", "what fails in a newer release is ignored"),
    Mutant("watcher/incident/verification.py", "return covered(state) or state.response.life is not None", "return True", "quiet proves that it works"),
    Mutant("watcher/incident/recovery.py", '    if not state.response.verifying:\n        return [("mitigated", held)]', '    if True:\n        return [("mitigated", held)]', "what was deployed is never verified"),
    Mutant("watcher/incident/watched.py", "ref: replace(w, clean_for=timedelta(0), clean_from=max(w.clean_from, at) if w.clean_from else None)", "ref: w", "what was clean before the deployment counts for it"),
    Mutant("watcher/incident/repair.py", 'draft.tell("unverified", (state.acknowledged_by,),', 'draft.tell("unverified", (),', "whoever has it does not hear that the fix fails"),
    Mutant("watcher/incident/publishing.py", "and not state.opened.drill and not unspoken(state)", "and not unspoken(state)", "stakeholders hear of drills"),
    Mutant("watcher/incident/publishing.py", "and not state.opened.drill and not unspoken(state)", "and not state.opened.drill", "stakeholders hear of security incidents"),
    Mutant("watcher/incident/publishing.py", "return last + every", "return last + 2 * every", "updates leave half as often"),
    Mutant("watcher/incident/course.py", "if passed and not before and step.name not in draft.state.response.missed:", "if passed and not before:", "a checkpoint is missed again and again"),
    Mutant("watcher/incident/course.py", "late = now - asked if missed else timedelta(0)", "late = timedelta(0)", "nothing is met late"),
    Mutant("watcher/incident/protocol.py", "    moments = [due for _, due in waiting]", "    moments = [due for _, due in waiting][:0]", "a checkpoint that lapses waits for something else to happen"),
    Mutant("watcher/incident/repair.py", 'if state.mitigated_at is None:\n        raise ask.Refused(f"nothing is announced', 'if False:\n        raise ask.Refused(f"nothing is announced', "people may announce before it holds"),
    Mutant("watcher/incident/state.py", "held = self.response.verifying and self.response.recovered_at is not None", "held = False", "the ladders go on while it is quiet"),
    Mutant("watcher/incident/weighing.py", "if not draft.state.paging:", "if False:", "a majority wakes after the end"),
    Mutant("watcher/hearing.py", "one.model_copy(update=OF_NOW)", "one", "a person's word is a late event of the former release"),
    Mutant("watcher/incident/afterwards.py", 'if "postmortem" in state.response.ticked:', "if False:", "a post-mortem that is written is asked for"),
)  # fmt: skip

SIMULATED = """
import sys
from tests.simulation.play import play
from tests.simulation.properties import check
for seed in range(1, {seeds} + 1):
    breaches = check(play(seed, {hours}))
    if breaches:
        print(breaches[0])
        sys.exit(1)
"""


UNSEEN = {
    "a receipt after the acceptance is written": "a lane sends once at a time, and no receipt outlives its life",
    "a person's word is a late event of the former release": "a confirmation in the minutes after a named fix is rare",
    "a post-mortem that is written is asked for": "it is asked for at ten on the next working day; a world ends before",
}
"""Mistakes that the worlds seldom or never meet, and why. None of them is equivalent: the unit tests find each."""


def copy(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def plant(folder: Path, mutant: Mutant) -> bool:
    """Put the mistake in; False where the text is not there any more."""
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(mutant.right, mutant.wrong, 1), encoding="utf-8")
    return mutant.right in text


def judge(folder: Path, arguments: list[str]) -> tuple[bool, str]:
    """Whether somebody noticed, and the last thing said."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True, "it did not end"
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return done.returncode != 0, said[-1][:110] if said else ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--hours", type=float, default=5)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    chosen = [m for m in MUTANTS if asked.only in m.name]
    survivors, blind = [], []
    script = SIMULATED.format(seeds=asked.seeds, hours=asked.hours)
    for mutant in chosen:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy(folder)
            if not plant(folder, mutant):
                print(f"GONE      {mutant.name}: its text is no longer in {mutant.file}")
                continue
            simulated, said = judge(folder, ["-c", script])
            tested, _ = judge(folder, ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *UNIT])
        survivors += [] if simulated or tested else [mutant.name]
        blind += [] if simulated else [mutant.name]
        words = ("found   " if simulated else "SURVIVED", "found   " if tested else "SURVIVED")
        print(
            f"properties {words[0]} tests {words[1]} {mutant.name} | {said if simulated else ''}", flush=True
        )
    for name in set(blind) & UNSEEN.keys():
        print(f"not met by the worlds: {name}: {UNSEEN[name]}")
    print(f"mutants {len(chosen)}; not found by the properties: {blind}; by nobody: {survivors}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
