"""The documents: what the log knows is filled in, what only people know is a prompt, and nothing is injected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import pytest

from tests.incident.test_protocol import API, SHOP, clean, incident
from tests.support import T0, Dialogue, sign
from watcher.incident import command as ask
from watcher.incident.event import Event
from watcher.incident.findings import ImpactMeasured
from watcher.incident.state import Incident
from watcher.view.documents.markdown import PROMPT
from watcher.view.documents.written import NAMES, Name, written


@dataclass(frozen=True)
class Row:
    version: int
    event: Event


def document(talk: Dialogue, name: Name = "postmortem") -> str:
    rows = [Row(number, event) for number, event in enumerate(talk.log, 1)]
    return written(name, cast("Incident", talk.state), rows, talk.now)


def rolled_back() -> Dialogue:
    """The whole story: measured, decided, rolled back, verified, the cause said, closed."""
    talk = incident(API).accepts()
    impact = ImpactMeasured(at=T0, measure="users of release health", affected=40, active=100, error_rate=0.4)
    talk.hears(ask.Measure(impact=impact)).hears(ask.Review(by="ann"))
    talk.at("3:00").hears(ask.Decide(by="ann", choice="rollback"))
    clean(talk.at("12:00").hears(ask.Deploy(by="ann"))).at("17:30").accepts()
    talk.hears(ask.State(by="ann", facts={"root-cause": "the key was rotated"}))
    return talk.at("190:00")


def test_a_post_mortem_says_what_the_log_knows() -> None:
    """Date, severity, duration, affected, times, cause, decision and what is left: none of them is asked of people."""
    text = document(rolled_back())
    for known in (
        "| Severity | P0, outage |",
        "| Total time to fix | 17 min |",
        "40 % of users of release health (40 of 100)",
        "Error rate: 40 % at the worst",
        "the key was rotated (stated by ann at 03:17 UTC)",
        "ann decided **rollback**, as recommended",
        "| Restored (MTTR) | 17 min |",
        "Bring forward what 2.41.1 held",
        "The recommendation (rollback) was followed, and what was deployed held.",
    ):
        assert known in text
    asked = [line for line in text.splitlines() if line.startswith(PROMPT)]
    assert not [line for line in asked if any(word in line for word in ("cause:", "affected", "duration"))]


def test_it_refuses_to_be_final_while_it_contradicts_itself() -> None:
    """Closed as resolved while it fails; a fix that nobody verified."""
    talk = incident(API).at("5:00").hears(ask.Deploy(by="ann")).hears(ask.Resolve(by="ann"))
    talk.hears(ask.TickItem(by="ann", item="postmortem"))
    text = document(talk)
    assert "It cannot be final" in text
    assert "nobody saw that it holds" in text
    assert "**Final**" not in text


def test_it_is_final_when_somebody_says_so_and_nothing_clashes() -> None:
    """And says who."""
    talk = rolled_back().hears(ask.TickItem(by="ann", item="postmortem"))
    assert "**Final**, as ann said" in document(talk)


def test_what_cost_time_is_named() -> None:
    """Missed checkpoints, an escalation, a fix that did not hold."""
    talk = Dialogue(API).at("31:00").hears(ask.Acknowledge(by="cara", via="cli"))
    talk.hears(ask.Deploy(by="cara", version="2.41.2"))
    talk.at("34:00").hears(ask.Observe(failing=(API,)))
    text = document(talk)
    for known in ("It had to be escalated twice.", "2.41.2 did not hold", "Missed: decide"):
        assert known in text


def test_a_hotfix_request_names_branch_tag_and_way_back() -> None:
    """Computed from the running release and the day, the same whenever it is asked."""
    talk = incident(SHOP).hears(ask.Decide(by="ann", choice="hotfix"))
    first = document(talk, "hotfix-pr")
    assert first.startswith("# [HOTFIX] INC-7: ")
    assert "`hotfix/2.41.1-20261125`" in first
    later = document(talk.at(f"{60 * 30}:00"), "hotfix-pr")
    assert "`hotfix-v2.41.1-20261125`" in later


@pytest.mark.parametrize("name", NAMES)
def test_an_attackers_text_stays_text(name: Name) -> None:
    """No markup, no link, nobody mentioned, no line of its own."""
    evil = "</td><script>x</script> [y](https://evil.example) | @everyone `z`\n# Title"
    talk = Dialogue(sign("1", title=evil, source="sentry:shop"))
    talk.hears(ask.State(by="ann", facts={"root-cause": evil})).hears(ask.Note(by="ann", text=evil))
    text = document(talk, name)
    assert "<script>" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None
    assert "https://evil" not in text
    assert "\n# Title" not in text


def test_the_checklist_ticks_what_the_daemon_saw() -> None:
    """And shows the word to type for what it cannot see."""
    text = document(incident(API), "checklist")
    assert "- [x] Somebody has it" in text
    assert "- [ ] The last deployments were looked at `deployments`" in text
    assert "Next, by 03:05 UTC" in text


def test_every_place_for_people_is_marked_alike() -> None:
    """So that a search finds them all."""
    text = document(rolled_back())
    assert text.count("To fill in:") == text.count(PROMPT) >= 4
