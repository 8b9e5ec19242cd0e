"""The audit: silent while all is well, and one complaint for each promise that is broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.care.kept import Kept
from tests.support import T0, Dialogue, policy
from tests.virtual import run
from watcher.care.audit import NAMED_MAX, Circumstances, Look, audit, deliveries_due
from watcher.incident import command as ask
from watcher.incident import vigil
from watcher.incident.outbox import Outbox
from watcher.incident.record import Rung
from watcher.incident.state import Incident
from watcher.incident.surroundings import SourceBlinded

AROUND = Circumstances(since=T0)
LONG_AGO = Circumstances(since=T0 - timedelta(days=1))


def found(state: Any, now: Any = T0, around: Circumstances = AROUND, name: str = "incident/7") -> list[str]:
    return [complaint.promise for complaint in audit({name: state}, now, around)]


def incident(talk: Dialogue) -> Incident:
    assert talk.state is not None
    return talk.state


def test_a_whole_night_gives_no_complaint() -> None:
    """Opened, climbed, acknowledged, expired, recovered, back, recovered, closed: every promise holds at every turn."""

    async def main() -> None:
        stage = await Kept().start()
        await stage.probes("down", 35)
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="api"))
        await stage.probes("down", 45)
        await stage.probes("up", 20)
        await stage.probes("down", 10)
        await stage.probes("up", 130)
        assert stage.incident().status == "resolved"
        assert stage.events().count("Reopened") == 1
        assert len(stage.figures.ok) > 1000
        assert all(stage.figures.ok), stage.upkeep.complaints()
        await stage.crash()

    run(main())


def test_an_open_incident_without_a_next_action_is_named() -> None:
    """Acknowledged for ever, and no ladder: nothing would ever happen again."""
    # by then the clock of the protocol has run out
    talk = Dialogue().at("121:00").hears(ask.Acknowledge(by="ann", via="api"))
    dead = replace(
        incident(talk),
        acknowledged_until=None,
        outbox=Outbox(),
        opened=incident(talk).opened.model_copy(update={"policy": policy(unmitigated=())}),
    )
    assert found(incident(talk)) == []
    assert found(dead) == ["next-action"]


def test_an_unacknowledged_incident_whose_ladder_has_ended_is_named() -> None:
    """Every peer falls silent after its last rung; should ours, the audit says so."""
    once = policy(unacknowledged=(Rung(after=timedelta(0), page=("on-call",)),))
    talk = Dialogue(policy_=once)
    assert found(incident(talk)) == []
    assert found(incident(talk.accepts())) == ["ladder"]


def test_a_page_that_is_being_tried_stands_for_its_rung() -> None:
    """The retries are the repetition: no second page is asked for meanwhile."""
    talk = Dialogue().accepts("chat")
    assert found(incident(talk), T0 + timedelta(seconds=30)) == []


def test_a_moment_that_has_passed_unused_is_named() -> None:
    """Time acts at the next turn; a minute later something keeps it from acting."""
    talk = Dialogue().accepts()
    late = T0 + timedelta(minutes=3, seconds=61)
    assert found(incident(talk), T0 + timedelta(minutes=3, seconds=59)) == []
    assert found(incident(talk), late) == ["time"]
    assert found(incident(talk), late, Circumstances(since=late - timedelta(seconds=50))) == []


def test_a_delivery_without_a_result_is_named_and_one_with_a_retry_is_not() -> None:
    """Neither a receipt nor a retry for five minutes: its lane hangs."""
    stuck = ("incident/7", 4, "ann-phone", 1)
    around = Circumstances(since=T0, due_since={stuck: T0})
    assert audit({}, T0 + timedelta(minutes=5), around) == ()
    (complaint,) = audit({}, T0 + timedelta(minutes=6), around)
    assert complaint.promise == "receipt"
    assert complaint.text == "page INC-7/4@ann-phone has neither a result nor a retry since 03:00 UTC"


def test_what_is_due_is_named_by_its_attempt() -> None:
    """A second attempt is another one: it has its own five minutes."""
    talk = Dialogue()
    streams = {"incident/7": talk.state}
    assert {d[2:] for d in deliveries_due(streams, T0)} == {("chat", 1), ("ann-phone", 1)}
    talk.accepts()
    assert list(deliveries_due({"incident/7": talk.state}, T0)) == []


def test_what_is_held_back_on_purpose_is_not_stuck() -> None:
    """A reminder waits for quiet hours to end, and for others to be said with it."""
    talk = Dialogue().accepts().hears(ask.Acknowledge(by="ann", via="api")).at("25")
    assert [p.purpose for p in talk.pages][-1] == "still-on-it"
    assert list(deliveries_due({"incident/7": talk.state}, talk.now)) == []


def test_an_incident_that_waits_for_its_source_to_look_is_not_idle() -> None:
    """Watched, and one signal out of sight: the source is said to be blind, and its next look decides."""
    state = incident(Dialogue().accepts())
    unseen = {ref: replace(w, clean_for=timedelta(minutes=6)) for ref, w in state.watched.items()}
    assert found(replace(state, status="watching", watched=unseen)) == []
    seen = {ref: replace(w, clean_from=T0) for ref, w in state.watched.items()}
    assert found(replace(state, status="watching", watched=seen)) == []


def look(looked_at: Any = None) -> Look:
    return Look(name="health:api", since=T0, looked_at=looked_at, patience=timedelta(minutes=5))


def test_a_source_that_does_not_look_is_named_but_for_one_that_says_it_is_blind() -> None:
    """Silence is neither health nor blindness."""
    around = Circumstances(since=T0, looks=(look(),))
    now = T0 + timedelta(minutes=6)
    eye = vigil.evolve(vigil.Eye(name="health:api"), SourceBlinded(at=now, reason="auth"))
    assert audit({}, T0 + timedelta(minutes=5), around) == ()
    assert [c.text for c in audit({}, now, around)] == ["health:api has not looked since 03:00 UTC"]
    assert audit({"source/health:api": eye}, now, around) == ()
    seen = Circumstances(since=T0, looks=(look(now - timedelta(minutes=1)),))
    assert audit({}, now, seen) == ()


def test_an_inbox_that_is_not_emptied_is_named() -> None:
    """More than a turn takes, for more than a minute."""
    around = Circumstances(since=T0, crowded_since=T0)
    assert audit({}, T0 + timedelta(minutes=1), around) == ()
    assert [c.promise for c in audit({}, T0 + timedelta(minutes=2), around)] == ["inbox"]


@pytest.mark.parametrize("count", [1, 99, 500])
def test_a_complaint_is_bounded_however_much_is_broken(count: int) -> None:
    """A hundred say what a thousand would."""
    due = {("incident/1", n, "chat", 1): T0 for n in range(count)}
    around = Circumstances(since=T0, due_since=due)
    assert len(audit({}, T0 + timedelta(hours=1), around)) == min(count, NAMED_MAX)
