"""Whole lives of an incident through the daemon: virtual time, HTTP inside, the command line as the only hands.

Sources look for themselves, messages are read where they arrive, and the facts in the log.
"""

from __future__ import annotations

from pathlib import Path

from tests.protocol.stage import Night, played
from tests.protocol.town import BAD, GOOD, NEXT

SHORT = "recovery: {watch_for: 30m}\n"
"""Where the two hours of watching show nothing more."""
OF_A_ROLLBACK = {
    "received",
    "assessed",
    "decided",
    "stakeholders",
    "rolled-back",
    "deployed-verified",
    "announced",
    "complete",
}


async def taken(night: Night) -> None:
    """Sign-in breaks with a release; ann has it in the first minute, and says what she sees."""
    await night.breaks(BAD)
    await night.watcher("ack", "INC-1", "--as", "ann")
    await night.watcher("state", "INC-1", "--affected", "40")
    await night.watcher("tick", "INC-1", "error-rate")
    await night.watcher("tick", "INC-1", "deployments")


async def rolls_back(night: Night, minute: float = 10) -> None:
    """Decided, and done."""
    await night.at(min(minute, 10) - 1)
    await night.watcher("decide", "INC-1", "rollback")
    await night.at(minute)
    night.town.deploys(GOOD)
    await night.watcher("deployed", "INC-1", "--version", GOOD)


def facts(night: Night, *kinds: str) -> list[str]:
    return [type(event).__name__ for event in night.events(*kinds)]


def test_a_rollback_from_the_page_to_the_all_clear() -> None:
    """Each checkpoint of its path is met in time; stakeholders hear three times, and the last time two hours later."""

    async def life(night: Night) -> None:
        await taken(night)
        assert night.phone[0].startswith("INC-1 shop: P0 authentication")
        assert "ROLL BACK to 2.41.0" in (await night.watcher("show", "INC-1"))
        await rolls_back(night, 12)
        refused = await night.watcher("tick", "INC-1", "announced", code=1)
        assert "nothing is announced before it is verified" in refused
        await night.at(30)
        assert night.status == ["incident detected", "fixed"]
        [passed] = night.events("VerificationPassed")
        assert 17 <= night.minute(passed) < 19
        await night.at(180)
        assert night.status == ["incident detected", "fixed", "all clear"]
        standing = await night.clock_shown()
        assert {name for name, how in standing.items() if how == "met"} == OF_A_ROLLBACK
        assert {standing["fix-approved"], standing["smoke-tested"]} == {"not-applicable"}
        assert facts(night, "CheckpointMissed") == []
        final = await night.watcher("postmortem", "INC-1")
        assert "It was rolled back to 2.41.0 at 03:16 UTC, verified at" in final

    played(life)


def test_a_hotfix_ticks_its_own_path() -> None:
    """Approved, deployed, verified, smoke-tested, announced; words of a person leave at once."""

    async def life(night: Night) -> None:
        await taken(night)
        await night.watcher("state", "INC-1", "--root-cause", "a typo in the session key")
        await night.at(8)
        await night.watcher("decide", "INC-1", "hotfix")
        await night.at(20)
        await night.watcher("update", "INC-1", "The session key is being put right.")
        assert "The session key is being put right." in night.sender.pages("status")[-1].lines
        for item in ("branch", "reproduced", "minimal-fix", "regression-test", "pull-request"):
            await night.watcher("tick", "INC-1", item)
        assert "[HOTFIX] INC-1" in await night.watcher("hotfix-pr", "INC-1")
        await night.watcher("tick", "INC-1", "fix-approved", "--as", "cara")
        await night.at(40)
        night.town.deploys(NEXT)
        await night.at(41)
        assert any("is it the fix?" in title for title in night.phone)
        await night.watcher("deployed", "INC-1")  # what was proposed
        await night.at(48)
        await night.watcher("tick", "INC-1", "smoke-test", "and the password reset")
        await night.at(80)
        assert night.status == ["incident detected", "fix in progress", "fixed", "all clear"]
        standing = await night.clock_shown()
        of_the_fix = ("fix-approved", "deployed-verified", "smoke-tested", "announced", "complete")
        assert {standing[name] for name in of_the_fix} == {"met"}
        assert standing["rolled-back"] == "not-applicable"

    played(life, more=SHORT)


def test_a_fix_that_fails_is_said_with_the_way_back() -> None:
    """Nothing is announced of it; the rollback that follows holds, and is."""

    async def life(night: Night) -> None:
        await taken(night)
        await night.at(9)
        await night.watcher("decide", "INC-1", "hotfix")
        await night.at(20)
        night.town.deploys(NEXT, works=False)
        await night.watcher("deployed", "INC-1", "--version", NEXT)
        await night.at(24)
        said = night.sender.pages("ann-phone")[-1]
        assert "2.41.2 does not hold" in said.title
        assert any("roll back 2.41.2" in line for line in said.lines)
        assert (await night.shown())["deployment"]["verification"] == "failed"
        night.town.deploys(GOOD)
        await night.watcher("deployed", "INC-1", "--version", GOOD)
        await night.at(40)
        assert night.status == ["incident detected", "fixed"]
        assert facts(night, "VerificationFailed", "VerificationPassed") == [
            "VerificationFailed",
            "VerificationPassed",
        ]
        assert not any("recommendation is now" in title for title in night.phone)

    played(life)


def test_a_quiet_release_without_traffic_waits_for_a_person() -> None:
    """No probe covers sign-in, no answer names the release, nobody uses it: quiet, and not verified."""

    async def life(night: Night) -> None:
        night.town.used = night.town.names_version = False
        await taken(night)
        await rolls_back(night)
        await night.at(60)
        assert (await night.shown())["deployment"]["verification"] == "quiet"
        assert any("quiet, not verified: no traffic seen on 2.41.0" in title for title in night.phone)
        assert "fixed" not in night.status
        assert night.titles("cara-phone") == []
        said = await night.watcher("tick", "INC-1", "verified")
        assert "verified by ann" in said
        await night.at(61)
        assert night.status[-1] == "fixed"

    played(life, probe=False)


def test_a_sign_of_life_ends_the_wait() -> None:
    """The first event of the release that was deployed shows that the quiet is real."""

    async def life(night: Night) -> None:
        night.town.used = night.town.names_version = False
        await taken(night)
        await rolls_back(night)
        await night.at(30)
        assert facts(night, "VerificationPassed") == []
        night.town.used = True
        await night.at(34)
        assert facts(night, "LifeSeen", "VerificationPassed") == ["LifeSeen", "VerificationPassed"]

    played(life, probe=False)


def test_a_sentry_that_is_down_verifies_nothing() -> None:
    """For half an hour nothing fails because nothing is seen; five clean minutes after its return it holds."""

    async def life(night: Night) -> None:
        await taken(night)
        night.town.away = True
        await rolls_back(night)
        await night.at(40)
        assert (await night.shown())["deployment"]["verification"] == "not seen"
        assert night.status == ["incident detected", "fix in progress"]
        assert any("2.41.0 is not verified: sentry:shop cannot see" in title for title in night.phone)
        night.town.away = False
        await night.at(44)
        assert facts(night, "VerificationPassed") == []
        await night.at(48)
        assert facts(night, "VerificationPassed") == ["VerificationPassed"]
        assert night.status[-1] == "fixed"

    played(life, probe=False)


def test_a_person_may_tick_what_no_source_sees() -> None:
    """Refused while it is seen to fail, taken while nothing sees it; the post-mortem keeps whose word it was."""

    async def life(night: Night) -> None:
        await taken(night)
        await night.at(9.3)
        await night.watcher("deployed", "INC-1", "--version", NEXT)
        refused = await night.watcher("tick", "INC-1", "verified", code=1)
        assert "has not been seen clean" in refused
        night.town.away = True
        night.town.deploys(NEXT)
        await night.at(12)
        await night.watcher("tick", "INC-1", "verified", "--as", "ann")
        await night.at(13)
        [passed] = night.events("VerificationPassed")
        assert (passed.by, passed.because[-1]) == ("ann", "not seen: sentry:shop")
        assert night.status[-1] == "fixed"

    played(life, probe=False)


def test_a_relapse_lies_between_two_verifications() -> None:
    """Stakeholders hear that it is back, whoever has it is paged, and the time to restore is that of the second."""

    async def life(night: Night) -> None:
        await taken(night)
        await rolls_back(night)
        await night.at(40)
        night.town.breaks()
        await night.at(42)
        assert "(it is BACK)" in night.phone[-1]
        assert night.status[-1] == "it is back"
        await night.watcher("ack", "INC-1")
        await night.at(60)
        night.town.deploys(NEXT)
        await night.watcher("deployed", "INC-1", "--version", NEXT)
        await night.at(110)
        assert night.status == ["incident detected", "fixed", "it is back", "fixed", "all clear"]
        shown = await night.shown()
        restored = night.events("VerificationPassed")[-1]
        assert (shown["reopenings"], shown["deployment"]["behind"]) == (1, None)
        assert shown["mitigated_at"] == restored.at.isoformat()
        metrics = (await night.get("/metrics")).text
        seconds = (restored.at - night.detected).total_seconds()
        assert (
            f'time_exact_seconds{{category="authentication",milestone="restore",stat="max",window="7d"}} {seconds}'
            in (metrics.replace("watcher_incident_", ""))
        )

    played(life, more=SHORT)


def test_rolled_back_is_not_finished() -> None:
    """It is said each hour, shown with the incident, and over when a newer release holds."""

    async def life(night: Night) -> None:
        await taken(night)
        await rolls_back(night)
        await night.at(80)
        assert "INC-1 shop: production runs 2.41.0, behind 2.41.1" in night.phone[-1]
        assert (await night.shown())["deployment"]["behind"] == BAD
        night.town.deploys(NEXT)
        await night.at(81)
        await night.watcher("deployed", "INC-1", "--version", NEXT)
        await night.at(90)
        assert "2.41.2 holds: the rollback is behind you" in night.phone[-1]
        assert (await night.shown())["deployment"]["behind"] is None

    played(life)


def test_it_comes_back_while_it_is_watched_by_a_report() -> None:
    """A person's word of the same kind reopens it; the ladder begins anew, and somebody is woken."""

    async def life(night: Night) -> None:
        await taken(night)
        await rolls_back(night)
        await night.at(40)
        await night.watcher(
            "declare", "--category", "authentication", "nobody can sign in again", "--as", "bob"
        )
        await night.at(41)
        assert facts(night, "Reopened") == ["Reopened"]
        assert "(it is BACK)" in night.phone[-1]
        assert night.status[-1] == "it is back"

    played(life)


def test_what_recovers_by_itself_is_said_so() -> None:
    """No deployment is invented: not on the phone, not to the stakeholders, not in the post-mortem."""

    async def life(night: Night) -> None:
        await taken(night)
        await night.at(7)
        night.town.mends()
        await night.at(60)
        assert any(title.startswith("INC-1 shop: recovered") for title in night.phone)
        assert night.status == ["incident detected", "recovered", "all clear"]
        assert facts(night, "Deployed", "VerificationPassed") == []
        assert "without a deployment" in await night.watcher("postmortem", "INC-1")

    played(life, more=SHORT)


RESTARTS = (0.5, 4.9, 5.1, 9.5, 11.9, 12.1, 14.9, 15.1, 16, 29.9, 44.9, 60.5, 119.9, 139)
"""Around every checkpoint, and in the middle of the verification."""


async def _life(
    night: Night, restarts: tuple[float, ...]
) -> tuple[list[str], list[str], list[tuple[str, ...]]]:
    """A rollback with restarts: what stakeholders read, what rang, and the checkpoints."""
    await taken(night)
    acts = {11.0: ("decide", "INC-1", "rollback"), 12.0: ("deployed", "INC-1", "--version", GOOD)}
    for minute in sorted({*acts, *restarts}):
        await night.at(minute)
        if minute == 12.0:
            night.town.deploys(GOOD)
        if minute in acts:
            await night.watcher(*acts[minute])
        else:
            await night.dies()
            await night.passes(seconds=20)
            await night.begin()
    await night.at(200)
    said = [(type(e).__name__, e.checkpoint) for e in night.events("CheckpointMet", "CheckpointMissed")]
    woken = [p.title for p in night.sender.pages("ann-phone") if p.kind == "wake"]
    return night.status, woken, said


def test_a_daemon_restarted_at_every_checkpoint_says_the_same(tmp_path: Path) -> None:
    """Each message once, each checkpoint once, nobody woken for it, on a log on disk."""
    told: list[object] = []

    async def plain(night: Night) -> None:
        told.append(await _life(night, ()))

    async def restarted(night: Night) -> None:
        told.append(await _life(night, RESTARTS))

    played(plain)
    played(restarted, path=tmp_path / "watcher.db")
    assert told[1] == told[0]
    assert told[0][0] == ["incident detected", "fixed", "all clear"]  # type: ignore[index]


def test_a_clock_that_passed_while_the_daemon_was_down_is_caught_up() -> None:
    """Four minutes late, each missed checkpoint is said once with the moment at which it was due."""

    async def life(night: Night) -> None:
        await night.breaks(BAD)
        await night.watcher("ack", "INC-1")
        await night.at(4.5)
        await night.dies()
        await night.passes(minutes=14.5)
        await night.begin()
        await night.passes(minutes=1)
        missed = {
            e.checkpoint: round((e.due - night.detected).total_seconds() / 60)
            for e in night.events("CheckpointMissed")
        }
        assert missed == {"assessed": 5, "decided": 10}
        assert len(night.events("CheckpointMissed")) == len(missed)

    played(life)
