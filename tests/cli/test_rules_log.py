"""What a log teaches about the rules: `rules report`, `rules example`, and `explain` of an incident."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rules.load import read
from rules.proof import prove
from rules.signal import Activity, IssueSignal
from tests.support import T0
from tests.theatre import CONFIG, RULES, Theatre
from tests.virtual import run
from watcher.cli import watcher
from watcher.incident import command as ask
from watcher.log.sqlite import SqliteLog
from watcher.observation import Sweep

BOOM = RULES + (
    "  - {id: boom, because: '{count} met it', signal: issue, certainty: scale, when: {any_text: boom}}\n"
    "  - {id: maybe, because: maybe, signal: issue, certainty: hint, when: {any_text: perhaps}}\n"
    "  - {id: own.labels, because: labels, signal: report, certainty: hint, mode: shadow, when: {any_text: label}}\n"
    "  - {id: quiet, because: quiet, signal: issue, certainty: definite, mode: shadow, when: {any_text: boom}}\n"
)


def seen(*titles: str, minutes: float = 0) -> Sweep:
    """What the tracker shows: each title is an issue that many users met."""
    counted = (Activity(window=timedelta(minutes=5), events=50, users_low=9, users_high=9),)
    at = T0 + timedelta(minutes=minutes)
    signals = tuple(
        IssueSignal(source="sentry:x", key=title, at=at, started_at=None, title=title, activity=counted)
        for title in titles
    )
    return Sweep(source="sentry:x", at=at, signals=signals)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


def play(path: Path, story: Callable[[Theatre], Coroutine[Any, Any, None]]) -> None:
    """A story told to an engine whose log stays."""

    async def main() -> None:
        stage = await Theatre(SqliteLog(path), text=CONFIG, rules=BOOM).start()
        await story(stage)
        await stage.crash()
        stage.log.close()

    run(main())


def say(*arguments: object) -> Result:
    return CliRunner().invoke(watcher, [str(one) for one in arguments])


async def false_alarm(stage: Theatre) -> None:
    await stage.engine.submit(seen("boom for ann@shop.example"))
    await stage.pass_(minutes=1)
    await stage.engine.ask("incident/1", ask.MarkFalse(by="ann", text="a load test"))
    await stage.pass_(minutes=1)


def test_an_example_of_a_false_alarm_is_a_near_miss_that_can_be_pasted(log: Path) -> None:
    """One command prints what the rule must learn: masked, under the right key, in the form that the loader reads."""
    play(log, false_alarm)
    result = say("rules", "example", "INC-1", "--log", log)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == ["# boom", "examples:", "  near_misses:"]
    assert "ann@shop.example" not in result.stdout
    assert 'why: "a load test"' in result.stdout
    pasted = "\n".join(f"    {line}" for line in result.stdout.splitlines())
    book = read(
        "version: 1\ncategory: outage\nrules:\n  - id: boom\n    because: x\n    signal: issue\n"
        f"    certainty: scale\n    when: {{any_text: boom}}\n{pasted}\n"
    )
    assert "near_misses.0 fires" in str(prove(book)[-1])


def test_an_example_of_a_real_one_fires(log: Path) -> None:
    """What was not called false is an example of what the rule must fire on, for a health endpoint as well."""

    async def story(stage: Theatre) -> None:
        await stage.probe()

    play(log, story)
    result = say("rules", "example", "inc-1", "--log", log)
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("    - ")]
    assert result.stdout.splitlines()[2] == "  fires:"
    assert 'state: "down", endpoint: "api", reason: ' in line
    assert say("rules", "example", "INC-9", "--log", log).exit_code == 1


def test_report_says_for_each_rule_what_became_of_it(log: Path) -> None:
    """False, taken by a person, recovered by itself, still open: each under its rule, too few to judge, drills aside."""

    async def story(stage: Theatre) -> None:
        await false_alarm(stage)
        await stage.engine.submit(seen(minutes=3))  # clean: what is called false stays quiet until then
        await stage.engine.submit(seen("boom of the second kind", "perhaps"))
        await stage.engine.ask("incident/2", ask.Acknowledge(by="bob", via="cli"))
        await stage.engine.ask("suspicion/1", ask.Dismiss(by="bob"))
        await stage.probe()
        await stage.engine.ask(
            "daemon", ask.Declare(category="outage", text="practice", by="ann", drill=True)
        )

    play(log, story)
    result = say("rules", "report", "--log", log, "--json")
    rows = {row["rule"]: row for row in json.loads(result.stdout)["rules"]}
    assert (rows["boom"]["fired"], rows["boom"]["false"], rows["boom"]["real"]) == (2, 1, 1)
    assert (rows["maybe"]["fired"], rows["maybe"]["false"]) == (1, 1)
    assert rows["outage.down"]["fired"] == 1
    assert set(rows) == {"boom", "maybe", "outage.down"}
    words = say("rules", "report", "--log", log).stdout
    assert "too few (n = 2)" in words


def test_what_recovers_before_anybody_answers_is_counted_apart(log: Path) -> None:
    """An incident that closed without a word from a person is neither real nor false."""

    async def story(stage: Theatre) -> None:
        await stage.probe()
        for _ in range(12):
            await stage.probe("up")
            await stage.pass_(minutes=1)
        for _ in range(30):
            await stage.probe("up")
            await stage.pass_(minutes=5)

    play(log, story)
    (row,) = json.loads(say("rules", "report", "--log", log, "--json").stdout)["rules"]
    assert (row["unacknowledged"], row["real"], row["false"], row["open"]) == (1, 0, 0, 0)


def test_a_shadow_rule_is_counted_over_a_restart_and_pages_nobody(log: Path) -> None:
    """Each signal counts once while it lasts, and anew when it was clean in between; the report shows the last titles."""

    async def first(stage: Theatre) -> None:
        for titles in (("boom 1",), ("boom 1", "boom of another"), (), ("boom 1",)):
            await stage.engine.submit(seen(*titles))
            await stage.pass_(minutes=1)

    async def second(stage: Theatre) -> None:
        await stage.engine.submit(seen("boom at night"))
        await stage.pass_(minutes=1)

    play(log, first)
    play(log, second)
    shadow = json.loads(say("rules", "report", "--log", log, "--json").stdout)["shadow"]
    assert shadow["quiet"]["fired"] == 4
    assert shadow["quiet"]["titles"] == ["boom of another", "boom 1", "boom at night"]
    words = say("rules", "report", "--log", log).stdout
    assert "quiet: would have fired 4 times" in words


def test_a_shadow_rule_about_reports_is_counted_over_a_restart(log: Path) -> None:
    """What people report is counted and shown like what a source sees; each report is one."""

    async def story(stage: Theatre) -> None:
        heard = await stage.engine.hear(ask.Report(by="support", text="the label came up blank", via="api"))
        assert heard.outcome == "none"

    play(log, story)
    play(log, story)
    words = say("rules", "report", "--log", log).stdout
    assert "in shadow, where nobody was paged:\nown.labels: would have fired 2 times" in words
    assert words.endswith("\n  the label came up blank\n")


def test_explain_says_what_the_log_holds_of_an_incident(log: Path) -> None:
    """The rule, its category and its words as they were judged, whatever the rules say now."""
    play(log, false_alarm)
    result = say("explain", "INC-1", "--log", log)
    assert result.exit_code == 0
    assert "boom (outage)" in result.stdout
    assert "  + 9 users met it" in result.stdout
    said = json.loads(say("explain", "INC-1", "--log", log, "--json").stdout)
    assert said["signs"][0]["rule"] == "boom"
    assert say("explain", "INC-1").exit_code == 2


def test_a_log_is_found_by_the_configuration(log: Path, tmp_path: Path) -> None:
    """Only where the log lies is read of it: a secret that is out of reach is no hindrance."""
    play(log, false_alarm)
    config = tmp_path / "watcher.yaml"
    config.write_text("version: 1\nlog: {path: watcher.db}\nsentry: [{token: '${NOT_THERE}'}]\n")
    assert say("explain", "INC-1", "-c", config).exit_code == 0
    config.write_text("log: {path: [1]}\n")
    assert say("explain", "INC-1", "-c", config).exit_code == 2
    assert say("rules", "report", "--log", config).exit_code == 3


def test_explain_says_which_clause_of_a_near_miss_fails(tmp_path: Path) -> None:
    """A file with one signal is judged by the rules clause by clause; what a terminal would obey is not printed."""
    (tmp_path / "own.yaml").write_text(BOOM)
    issue = tmp_path / "issue.json"
    issue.write_text(json.dumps({"title": "boom \x1b[2J", "users": 2, "events": 3}))
    result = say("explain", issue, "--rules", tmp_path, "--no-builtin")
    assert result.exit_code == 0
    assert "TOO FEW  boom (outage)\n  boom: 2 users within 5m, not known to be enough" in result.stdout
    assert 'FIRES  quiet (outage, shadow)\n  quiet\n  + it says "boom"' in result.stdout
    assert "\x1b" not in result.stdout
    body = tmp_path / "body.json"
    body.write_text('{"status": "degraded"}')
    near = say("explain", body, "--rules", tmp_path, "--no-builtin", "--json")
    (one,) = json.loads(near.stdout)["rules"]
    assert (one["outcome"], one["clauses"][0]) == (
        "near miss",
        {"holds": False, "clause": "state is degraded; wanted is down"},
    )


@pytest.mark.parametrize(("text", "code"), [("", 2), ("[" * 100_000, 0), ('{"issue": {}}', 2)])
def test_what_is_no_signal_is_said_to_be_none(tmp_path: Path, text: str, code: int) -> None:
    """An empty file and an issue without a title end in words; an endlessly nested one is a health body without sense."""
    file = tmp_path / "x.json"
    file.write_text(text)
    assert say("explain", file).exit_code == code
    assert say("explain", tmp_path / "none.json").exit_code == 1
