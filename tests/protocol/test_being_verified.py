"""What whoever deployed is told while nobody knows yet whether it holds, and what is asked first of whoever declared."""

from __future__ import annotations

from tests.cli.answering import ask, daemon, incident
from tests.protocol.stage import Night, played

OUT = {
    "version": "1.0.2",
    "path": "hotfix",
    "by": "ann",
    "deployed_at": "2026-11-25T03:44:00+00:00",
    "verification": "under way",
    "because": [],
}
PROVING = {
    "failing": [],
    "settles_at": "2026-11-25T03:46:00+00:00",
    "clean_since": "2026-11-25T03:47:00+00:00",
    "enough_at": "2026-11-25T03:52:00+00:00",
    "clean_proves": True,
}
HEADLINE = "ROLL BACK to 1.0.0 (1.0.1 went out 9 min before)"
ADVICE = {
    "choice": "rollback",
    "letter": "rollback",
    "headline": HEADLINE,
    "because": [],
    "blockers": [],
    "missing": [],
}
BACK = {"title": "Roll back to 1.0.0", "text": "docker compose up -d web"}


def test_whoever_deployed_hears_what_fails_then_since_when_it_is_clean_and_when_it_holds() -> None:
    """The answer, and the same place in show, change with what is seen; then it holds at the moment that was named."""

    async def life(night: Night) -> None:
        await night.breaks()
        await night.watcher("ack", "INC-1")
        await night.watcher("decide", "INC-1", "hotfix")
        await night.at(12)
        night.town.deploys("2.41.2")
        answer = await night.watcher("deployed", "INC-1", "--version", "2.41.2", "--utc")
        assert "2.41.2 (out since 2026-11-25 03:16 UTC): being verified" in answer
        assert "fails so far: " in answer
        assert "counts against it" in answer
        await night.at(15)
        shown = await night.watcher("show", "INC-1", "--utc")
        clean = next(line for line in shown.splitlines() if line.startswith("  clean since "))
        assert "it holds at 2026-11-25 03:2" in clean
        promised = (await night.shown())["deployment"]["proving"]["enough_at"]
        await night.at(25)
        held = (await night.shown())["deployment"]
        assert (held["verification"], held["proving"]) == ("passed", None)
        assert held["verified_at"][:15] == promised[:15]

    played(life)


def test_while_it_is_verified_no_other_way_is_advised() -> None:
    """Neither show, nor ack, nor take names the recommendation of before, nor its commands; they say how far it is."""
    out = {**OUT, "proving": PROVING}
    found = incident(
        1, status="verifying", deployment=out, recommendation=ADVICE, commands=[BACK], said=["x"]
    )
    whole = {**found, "checkpoints": [], "target_at": OUT["deployed_at"], "pages": [], "timeline": []}
    with daemon(
        incidents__INC_1=(200, whole), incidents__INC_1__ack=(200, whole), incidents__INC_1__take=(200, whole)
    ) as server:
        told = {verb: ask(verb, "INC-1", "--utc", url=server.url).output for verb in ("show", "ack", "take")}
    for text in told.values():
        assert "ROLL BACK" not in text.upper()
        assert "1.0.2" in text
        assert "clean since 2026-11-25 03:47 UTC: it holds at 2026-11-25 03:52 UTC if it stays clean" in text


def test_the_commands_of_what_is_verified_stay_in_sight() -> None:
    """Whoever rolls back as decided may have to look at it, and to undo it."""
    out = {**OUT, "path": "rollback", "proving": PROVING}
    decided = {"choice": "rollback"}
    found = incident(
        1, status="verifying", deployment=out, recommendation=ADVICE, decided=decided, commands=[BACK]
    )
    whole = {**found, "checkpoints": [], "target_at": OUT["deployed_at"], "pages": [], "timeline": []}
    with daemon(incidents__INC_1=(200, whole)) as server:
        told = ask("show", "INC-1", url=server.url).output
    assert "docker compose up -d web" in told
    assert HEADLINE not in told


def test_what_only_people_said_is_to_be_tried_by_people() -> None:
    """Nothing measures a declared P0: the answer of its deployment names what ends the waiting."""

    async def life(night: Night) -> None:
        await night.watcher("declare", "--category", "payments", "charged twice", "--as", "bob")
        await night.watcher("decide", "INC-1", "hotfix")
        answer = await night.watcher("deployed", "INC-1", "--version", "1.0.2")
        assert (
            "nothing measures what people said: try what was broken, then: watcher tick INC-1 verified"
            in answer
        )

    played(life)


def test_clean_without_a_sign_of_use_asks_for_a_person() -> None:
    """No end is promised that clean time alone does not bring."""
    out = {**OUT, "proving": {**PROVING, "clean_proves": False}}
    with daemon(incidents__INC_1__take=(200, incident(1, deployment=out, said=["x"]))) as server:
        told = ask("take", "INC-1", url=server.url).output
    assert "nothing shows that it is in use: try what was broken, then: watcher tick INC-1 verified" in told
    assert "it holds at" not in told


def test_the_first_step_of_whoever_declares_is_one_for_people() -> None:
    """Nobody can be told to page the on-call: least of all the on-call, who has it already."""

    async def life(night: Night) -> None:
        await night.watcher("declare", "--category", "payments", "charged twice", "--as", "ann")
        assert (await night.shown())["next_checkpoint"]["checkpoint"] == "assessed"
        answer = await night.watcher("tick", "INC-1", "error-rate")
        assert "page the on-call" not in answer
        assert "who is affected" in answer

    played(life)


def test_the_page_of_the_incident_says_what_is_seen_of_what_is_out() -> None:
    """The same three states, in the sentence beside the button."""

    async def life(night: Night) -> None:
        await night.breaks()
        await night.watcher("ack", "INC-1")
        await night.at(12)
        night.town.deploys("2.41.2")
        await night.watcher("deployed", "INC-1", "--version", "2.41.2")
        assert "It fails so far: " in (await night.get("/incidents/INC-1")).text
        await night.at(15)
        assert "if it stays clean." in (await night.get("/incidents/INC-1")).text

    played(life)
