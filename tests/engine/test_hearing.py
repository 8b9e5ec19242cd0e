"""What people say: declared incidents, reports, confirmed and dismissed suspicions."""

from __future__ import annotations

from tests.theatre import Theatre
from tests.virtual import run
from watcher.hearing import SUSPICIONS_MAX
from watcher.incident.command import Confirm, Declare, Dismiss, Report

LOST = "My conversations are gone, all of last week was deleted"

REPORT_RULES = """\
version: 1
category: data-loss
rules:
  - id: data-loss.report
    trigger: conversations deleted unintentionally
    because: "a person reports lost data"
    signal: report
    when: {any_text: ['conversations? (are|is) gone']}
    certainty: hint
    examples:
      fires: [{text: "my conversations are gone"}]
      near_misses: [{text: "my conversations are long", why: nothing is lost}]
"""


def report(text: str = LOST) -> Report:
    return Report(by="support", text=text, via="api")


def test_a_report_becomes_one_suspicion_told_quietly() -> None:
    """A second one in the same words, or of the same kind, joins it."""

    async def main() -> None:
        stage = await Theatre(rules=REPORT_RULES).start()
        first = await stage.engine.hear(report())
        second = await stage.engine.hear(report("all my conversations are gone!!"))
        assert (first.outcome, first.id) == ("suspicion", "SUS-1")
        assert (second.outcome, second.id) == ("joined", "SUS-1")
        await stage.pass_(seconds=1)
        assert [p.kind for p in stage.sender.pages("ann-phone")] == ["tell"]
        await stage.pass_(minutes=11)
        assert stage.sender.pages("ann-phone")[-1].kind == "wake"
        assert "INC" not in "".join(stage.titles())

    run(main())


def test_a_report_of_nothing_says_so() -> None:
    """Whoever reports hears what became of it."""

    async def main() -> None:
        stage = await Theatre(rules=REPORT_RULES).start()
        heard = await stage.engine.hear(report("please add a dark mode"))
        assert (heard.outcome, heard.id) == ("none", None)
        assert heard.because
        assert stage.log.count("suspicion") == 0

    run(main())


def test_a_rule_in_shadow_is_counted_for_each_report() -> None:
    """Alone, and beside a rule that asks: what it would have raised is counted and remembered, and nobody is told of it."""

    async def main() -> None:
        rule = (
            "  - {id: own.labels, because: labels, signal: report, mode: shadow, certainty: definite,\n"
            "     when: {any_text: label printer}}\n"
        )
        stage = await Theatre(rules=REPORT_RULES + rule).start()
        alone = await stage.engine.hear(report("the label printer in hall 3 came up blank"))
        beside = await stage.engine.hear(
            report(f"{LOST}; all my conversations are gone, and the label printer")
        )
        await stage.engine.hear(report("the label printer in hall 3 came up blank"))
        assert (alone.outcome, beside.outcome) == ("none", "suspicion")
        told = stage.log.remembered("judge")["shadow"]
        assert set(told) == {"own.labels"}
        assert told["own.labels"]["fired"] == 3
        assert told["own.labels"]["titles"][-1] == "the label printer in hall 3 came up blank"
        await stage.pass_(minutes=1)
        assert len(stage.sender.pages("ann-phone")) == 1

    run(main())


def test_a_confirmed_suspicion_is_an_incident() -> None:
    """Confirmed by the on-call it is theirs; by anybody else it pages the on-call."""

    async def main(by: str, woken: int) -> None:
        stage = await Theatre(rules=REPORT_RULES).start()
        await stage.engine.hear(report())
        await stage.engine.ask("suspicion/1", Confirm(by=by))
        await stage.pass_(minutes=1)
        assert stage.incident().categories == ("data-loss",)
        assert len([p for p in stage.sender.pages("ann-phone") if p.kind == "wake"]) == woken
        assert "suspicion/1" not in stage.engine.streams

    run(main("ann", 0))
    run(main("bob", 1))


def test_a_dismissed_suspicion_says_nothing_new_for_a_day() -> None:
    """The same words again raise nothing."""

    async def main() -> None:
        stage = await Theatre(rules=REPORT_RULES).start()
        await stage.engine.hear(report())
        await stage.engine.ask("suspicion/1", Dismiss(by="ann", text="a test account"))
        heard = await stage.engine.hear(report())
        assert heard.outcome == "none"
        assert "ann" in heard.because
        await stage.pass_(hours=25)
        assert (await stage.engine.hear(report())).outcome == "suspicion"

    run(main())


def test_many_reports_ask_a_bounded_number_of_questions() -> None:
    """Each rings in the end: beyond the bound a report is noted at one of its category, wherever it says to be."""

    async def main() -> None:
        stage = await Theatre(rules=REPORT_RULES).start()
        said = [
            await stage.engine.hear(Report(by="support", text=LOST, via="api", environment=f"e{n}"))
            for n in range(SUSPICIONS_MAX + 5)
        ]
        assert [heard.outcome for heard in said] == ["suspicion"] * SUSPICIONS_MAX + ["joined"] * 5
        assert stage.log.count("suspicion") == SUSPICIONS_MAX
        await stage.engine.ask("suspicion/1", Dismiss(by="ann", text="answered"))
        assert (await stage.engine.hear(report("conversations are gone here"))).outcome == "suspicion"

    run(main())


def test_a_declared_incident_pages_like_any_other() -> None:
    """A second word about the same joins; another category widens it; security stands apart."""

    async def main() -> None:
        stage = await Theatre().start()
        said = await stage.engine.hear(
            Declare(by="bob", category="payments", text="double charges since noon")
        )
        assert (said.outcome, said.id) == ("incident", "INC-1")
        await stage.pass_(seconds=1)
        assert stage.titles("ann-phone") == ["INC-1 shop: P0 payments: double charges since noon"]
        more = await stage.engine.hear(
            Declare(by="bob", category="outage", text="and now everything is down")
        )
        assert (more.outcome, more.id) == ("joined", "INC-1")
        assert stage.incident().categories == ("payments", "outage")
        apart = await stage.engine.hear(
            Declare(by="bob", category="security", text="somebody reads other people's mail")
        )
        assert apart.id == "INC-2"

    run(main())


def test_what_a_person_said_does_not_recover_by_itself() -> None:
    """Nobody looks at it for them: a person resolves it."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.engine.hear(Declare(by="ann", category="payments", text="double charges"))
        await stage.probes("up", 30)
        assert stage.incident().status == "investigating"

    run(main())


def test_a_drill_pages_for_real_marked_and_apart() -> None:
    """The same ladder, faster; a real incident does not join it, and it counts in no response time."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.engine.hear(Declare(by="bob", category="outage", text="practice", drill=True, speed=10))
        await stage.pass_(seconds=95)
        assert stage.sender.pages("cara-phone")[0].drill
        assert all(page.drill for page in stage.sender.pages())
        await stage.probe()
        assert stage.incident(2).opened.drill is False
        rows = list(stage.log.milestones("incident"))
        assert [row["drill"] for row in rows] == [True, False]

    run(main())
