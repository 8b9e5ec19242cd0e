"""The documents: what the log knows is filled in, what only people know is a prompt, and nothing is injected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from tests.incident.test_protocol import API, SHOP, clean, incident
from tests.support import T0, Dialogue, change, policy, sign
from watcher.incident import command as ask
from watcher.incident.event import Event
from watcher.incident.findings import ImpactMeasured
from watcher.incident.responding import Deployed
from watcher.incident.state import Incident
from watcher.log import Row as LogRow
from watcher.view import timeline
from watcher.view.documents.contradictions import contradictions
from watcher.view.documents.markdown import PROMPT
from watcher.view.documents.written import Name, written


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


def test_what_the_log_writes_is_a_draft_also_when_the_final_one_is_written() -> None:
    """It says who said so and where that is; its own questions are open all the same."""
    talk = rolled_back().hears(ask.TickItem(by="ann", item="postmortem", text="in the wiki, P0/7"))
    text = document(talk)
    assert (
        "**Draft**, as the log has it. The final one is written, as ann said at 2026-11-25 06:10 UTC" in text
    )
    assert "in the wiki, P0/7" in text
    assert "**Final**" not in text


def test_a_closing_alone_restores_nothing() -> None:
    """No duration, no time to restore, no target met and no praise of an end that nobody saw."""
    talk = incident(API).at("2:00").hears(ask.Resolve(by="ann"))
    text = document(talk)
    assert "| Restored (MTTR) | never |" in text
    assert "| Total time to fix | not known: it was closed after 2 min, and nothing had shown" in text
    assert "Whether the two-hour target was met is not known: ann closed it after 2 min" in text
    for praise in ("target was met.", "before the two hours were up", "met in time", "to 2026-11-25"):
        assert praise not in text
    assert "The two-hour target was missed." in document(
        incident(API).at("121:00").hears(ask.Resolve(by="ann"))
    )


def test_no_end_is_praised_while_the_log_contradicts_itself() -> None:
    """What holds may be true of one thing and not of another: people settle that first."""
    talk = rolled_back()
    assert "before the two hours were up" in document(talk)
    talk = incident(API).accepts().hears(ask.State(by="ann", facts={"affected": 3}))
    talk.hears(ask.Measure(impact=ImpactMeasured(at=T0, measure="users", affected=40, active=100)))
    clean(talk.at("12:00").hears(ask.Deploy(by="ann", version="2.41.0"))).at("17:30").at("190:00")
    text = document(talk)
    assert "3 users are stated as affected, and at least 40 were counted" in text
    assert "| Restored (MTTR) | 17 min |" in text
    assert "before the two hours were up" not in text
    assert "met in time" not in text


def test_a_decision_that_was_recorded_late_cost_time_and_contradicts_nothing() -> None:
    """Hands are faster than words in the usual night; nobody could mend that afterwards."""
    talk = incident(API).at("12:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    talk.at("14:00").hears(ask.Decide(by="ann", choice="rollback"))
    clean(talk).at("20:00").at("300:00")
    text = document(talk)
    assert "- A decision was recorded only 2 min after 2.41.0 was deployed." in text
    assert "It cannot be final" not in text


def test_moments_that_contradict_each_other_are_told_to_the_second() -> None:
    """In whole minutes they may read alike."""
    log = incident(API).hears(ask.Deploy(by="ann")).log
    early = Deployed(at=T0, by="ann", deployed_at=T0 - timedelta(seconds=9), path="other")
    state = cast("Incident", incident(API).state)
    found = contradictions(state, lambda *kinds: [e for e in [*log, early] if isinstance(e, kinds)])
    assert found == ["the fix went out at 02:59:51 UTC, before the harm began (03:00:00 UTC)"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("3:30", "2.41.2 was deployed at 03:03 UTC; whether it holds is not known."),
        ("6:00", "2.41.2 was deployed at 03:03 UTC; it did not hold. It is not repaired yet."),
    ],
)
def test_what_was_deployed_repaired_nothing_before_it_was_verified(seconds: str, said: str) -> None:
    """Neither while it is looked at nor when it does not hold."""
    talk = incident(API).at("3:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    talk.at(seconds).hears(ask.Observe(failing=(API,)))
    text = document(talk)
    assert said in text
    assert "repaired by" not in text


def test_what_was_deployed_and_closed_unseen_repaired_nothing() -> None:
    """Who closed it is said instead."""
    talk = incident(API).at("3:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    text = document(talk.at("4:00").hears(ask.Resolve(by="ann")))
    assert (
        "It was rolled back to 2.41.0 at 03:03 UTC; nobody saw whether it held. "
        "It was closed by ann at 03:04 UTC." in text
    )


def happened(talk: Dialogue) -> list[str]:
    """The rows of the timeline: time and words."""
    _, _, rest = document(talk).partition("## Timeline")
    rows = rest.partition("## What went well")[0].splitlines()
    return [row.strip("| ") for row in rows if re.match(r"\| [\d-]+[: ]", row)]


def test_the_timeline_is_in_the_order_in_which_things_happened() -> None:
    """The deployment before the harm, the harm before its first signal, and a fix where it went out, told when."""
    talk = Dialogue(
        API.model_copy(update={"started_at": T0 - timedelta(minutes=2)}),
        changes=(change(),),
        policy_=policy(),
    )
    talk.at("9:00").hears(ask.Note(by="ann", text="it is the key"))
    talk.hears(ask.Deploy(by="ann", version="2.41.2", deployed_at=T0 + timedelta(minutes=7)))
    rows = happened(talk)
    assert rows[0].startswith("02:51:00 | deploy: 2.41.1")
    assert "told at" not in rows[0]
    assert rows[1] == "02:58:00 | the harm begins (estimated)"
    assert rows[2].startswith("03:00:00 | opened")
    assert rows == sorted(rows, key=lambda row: row[:8])
    assert "03:07:00 | deployed: 2.41.2 at 03:07 UTC (said by ann); told at 03:09:00" in rows


def test_a_question_that_was_answered_stands_there_as_its_answer() -> None:
    """Was it the fix? Until somebody says so the question stands."""
    talk = incident(API).at("7:00")
    went = change(version="2.41.2", at=talk.now, deployed_at=talk.now - timedelta(seconds=20))
    talk.hears(ask.SeeChange(change=went))
    assert any("is it the fix?" in row for row in happened(talk))
    rows = happened(talk.hears(ask.Deploy(by="ann", deployed_at=went.deployed_at)))
    assert not any("is it the fix?" in row for row in rows)
    assert "03:06:40 | deployed: 2.41.2 at 03:06 UTC (said by ann)" in rows


def test_a_row_of_another_day_names_it() -> None:
    """A release of the evening before stands before midnight, not in the evening of the day itself."""
    rows = happened(Dialogue(API, changes=(change(before=timedelta(hours=5)),)))
    assert rows[0].startswith("11-24 22:00:00 | deploy: 2.41.1")


def test_a_false_alarm_harmed_nobody() -> None:
    """It has no begin of harm, and no target."""
    talk = incident(API).at("2:00").hears(ask.MarkFalse(by="ann"))
    text = document(talk)
    assert text.startswith("# Post-mortem INC-7: a false alarm\n")
    assert "was not available" not in text
    assert "harm begins" not in text
    assert "The two-hour target does not apply: it was a false alarm." in text


def test_a_file_that_was_closed_early_reads_as_people_write() -> None:
    """No empty table, and nobody who is paged and acknowledged by no page."""
    sign_ = sign("1", source="report:ann", category="security", title="keys are in a public bucket")
    talk = Dialogue(sign_).hears(ask.Acknowledge(by="ann", via="cli")).hears(ask.Resolve(by="ann"))
    text = document(talk)
    assert (
        "It was noticed by a person at 03:00 UTC; no page was taken, and a person had it within a second."
        in text
    )
    unpaged = document(Dialogue(sign_).hears(ask.Resolve(by="ann")))
    assert "No checkpoint was due before it was closed." in unpaged
    for each in (text, unpaged):
        assert re.search(r"\|---\|\n(?!\|)", each) is None


def test_the_way_to_the_deployment_is_one_number_everywhere() -> None:
    """Cut, not rounded, as the recommendation has it."""
    talk = Dialogue(API, changes=(change(before=timedelta(seconds=3, milliseconds=700)),))
    text = document(talk)
    assert "2.41.1 went out 3 s before" in text
    assert "Last deployment: 2.41.1 after 2.41.0, 3 s before it began" in text


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


def test_a_hotfix_that_nobody_approved_is_not_praised() -> None:
    """Its moment was spared because the harm ended before; that it went out unseen stays to be done."""
    talk = incident(API).accepts().at("3:00").hears(ask.Decide(by="ann", choice="hotfix"))
    clean(talk.at("12:00").hears(ask.Deploy(by="ann", version="2.41.2"))).at("17:30").accepts()
    text = document(talk.at("190:00"))
    assert "2.41.2 went out, and nobody recorded that a senior approved it." in text
    assert "Have a senior look at 2.41.2" in text
    assert "checkpoints that applied were met" not in text


def test_advice_that_stands_for_other_reasons_is_not_said_again() -> None:
    """The timeline says what speaks for it now; the post-mortem keeps the reasons beside the decision."""
    talk = incident(API).at("2:00").hears(ask.FindCause(cause="suspected", evidence="commit 6b6b"))
    rows = [LogRow(seq=n, stream="incident/7", version=n, event=event) for n, event in enumerate(talk.log, 1)]
    texts = [line.text for line in timeline.lines(rows)]
    stands = sum(text.startswith("the advice stands; now for it: ") for text in texts)
    assert (sum(text.startswith("recommended") for text in texts), stands) == (1, 1)
    assert document(talk).count("| recommended ") == 1
