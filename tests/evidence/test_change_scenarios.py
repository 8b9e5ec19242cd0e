"""What changed and why, played against a simulated Sentry and health bodies that name a version."""

from __future__ import annotations

from datetime import timedelta

from tests.evidence.stage import Enquired, ago, held, issue, met, opened, played, release
from tests.support import T0
from tests.theatre import RULES
from watcher.demo.tracker import Commit, Deploy
from watcher.incident.deploys import ReportDeploy
from watcher.incident.event import ChangeSeen

GUILTY = Commit(id="4d2f1a9c0b7e", message="Rework charge()\n\nlong", at=ago(hours=1))
OTHER = Commit(id="99aa88bb77cc", message="Tidy up", at=ago(hours=3))


def changes(stage: Enquired) -> dict[str, ChangeSeen]:
    return {change.version: change for change in stage.incident().changes}


def test_the_deploy_before_the_trouble_comes_with_what_ran_before_and_its_commit() -> None:
    """What a rollback needs: the version, the one to go back to, and the commit to start a fix from."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=5))),
        releases=(
            release("2.40.0", ago(days=9)),
            release("2.41.0", ago(days=3)),
            release("2.41.1", ago(minutes=14), commits=(GUILTY,)),
        ),
    )
    stage = opened(tracker)
    assert list(changes(stage)) == ["2.41.1"]
    seen = changes(stage)["2.41.1"]
    assert (seen.previous, seen.commit, seen.system) == ("2.41.0", GUILTY.id, "web")
    assert (seen.deployed_at, seen.told_by) == (ago(minutes=14), "sentry:shop")
    headline = stage.incident().recommended
    assert headline is not None
    assert headline.headline.startswith("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)")


def test_a_deploy_to_another_environment_is_no_change_here() -> None:
    """Staging ran it first."""
    staged = release("2.42.0", created=ago(minutes=8))
    staged = type(staged)(
        id=staged.id,
        version=staged.version,
        created_at=staged.created_at,
        projects=staged.projects,
        deploys=(Deploy(id="1", finished_at=ago(minutes=8), environment="staging"),),
    )
    tracker = held(issue("7"), releases=(release("2.41.1", ago(hours=2)), staged))
    assert list(changes(opened(tracker))) == ["2.41.1"]


def test_a_release_without_deploys_is_dated_by_its_release_and_says_so() -> None:
    """Nobody told Sentry of deploys: the date of the release stands in, named."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=4))),
        releases=(
            release("2.41.0", created=ago(days=2), released_at=ago(days=2)),
            release("2.41.1", created=ago(hours=3), released_at=ago(hours=1)),
        ),
    )
    seen = changes(opened(tracker))
    assert seen["2.41.1"].told_by == "sentry:shop, by release date"


def test_a_release_known_by_its_first_error_was_out_when_the_trouble_began() -> None:
    """Its date is that of the error: it is never later than the trouble that it has."""
    tracker = held(
        issue("7", *met(range(9), ago(minutes=4))),
        releases=(release("2.41.0", created=ago(days=2)), release("2.41.1", created=ago(minutes=4))),
    )
    seen = changes(opened(tracker))["2.41.1"]
    assert seen.deployed_at == ago(minutes=5)


def test_going_back_by_hand_is_seen_as_the_last_deploy() -> None:
    """A release that went out twice stands in the list once; its deploys are read."""
    back = release("2.41.0", ago(days=2))
    back = type(back)(
        id=back.id,
        version=back.version,
        created_at=back.created_at,
        projects=back.projects,
        deploys=(*back.deploys, Deploy(id="9", finished_at=ago(minutes=1))),
    )
    tracker = held(issue("7"), releases=(back, release("2.41.1", ago(minutes=30))))
    stage = opened(tracker)
    assert changes(stage)["2.41.0"].previous == "2.41.1"
    assert changes(stage)["2.41.1"].previous == "2.41.0"


def test_nothing_deployed_is_known_where_sentry_is_told_of_deploys() -> None:
    """Then a rollback will not help, and the page says so."""
    tracker = held(issue("7"), releases=(release("2.41.0", ago(days=9)), release("2.41.1", ago(days=3))))
    stage = opened(tracker)
    assert stage.events().count("NothingDeployed") == 1
    assert stage.incident().recommended.headline.startswith("Nothing deployed in 24 h")


def test_nothing_is_said_of_deploys_where_those_of_the_failing_release_are_not_told() -> None:
    """Somebody deploys without telling Sentry: an old list proves nothing."""
    tracker = held(issue("7"), releases=(release("2.40.0", ago(days=9)),))
    assert "NothingDeployed" not in opened(tracker).events()


def test_what_a_job_told_keeps_its_time_and_gains_the_commit() -> None:
    """The same deploy by two voices is one change."""
    tracker = held(
        issue("7"),
        releases=(release("2.41.0", ago(days=2)), release("2.41.1", ago(minutes=12), commits=(GUILTY,))),
    )

    async def main() -> None:
        stage = await Enquired(tracker).start()
        deploy = ReportDeploy(
            version="v2.41.1",
            previous=None,
            system=None,
            environment="production",
            deployed_at=ago(minutes=13),
            migration=True,
            told_by="api",
        )
        await stage.engine.ask("deploys", deploy)
        await stage.fail("7", since=ago(minutes=5))
        await stage.pass_(seconds=3)
        (seen,) = stage.incident().changes
        assert (seen.version, seen.deployed_at, seen.told_by) == ("v2.41.1", ago(minutes=13), "api")
        assert (seen.previous, seen.commit, seen.migration) == ("2.41.0", GUILTY.id, True)
        await stage.crash()

    played(main)


def test_a_deploy_told_while_the_incident_is_open_belongs_to_it() -> None:
    """The job reported late, or somebody deploys now: both are changes."""

    async def main() -> None:
        stage = await Enquired(held(issue("7"))).start()
        await stage.fail("7", since=ago(minutes=5))
        for place in ("staging", "production"):
            deploy = ReportDeploy(
                version=f"2.41.1-{place}",
                previous="2.41.0",
                system=None,
                environment=place,
                deployed_at=ago(minutes=9),
                migration=None,
                told_by="api",
            )
            await stage.engine.ask("deploys", deploy)
        await stage.pass_(seconds=1)
        assert [change.version for change in stage.incident().changes] == ["2.41.1-production"]
        await stage.crash()

    played(main)


def test_a_version_that_changes_in_the_health_body_is_a_deploy() -> None:
    """Told by the endpoint; dated at the last look at the old one, for the new one's errors may have come in between."""

    async def main() -> None:
        stage = await Enquired(held(), rules=RULES).start()
        for version in ("2.41.0", "2.41.0", None, "2.41.1", "2.41.1"):
            await stage.hear("up", version=version)
            await stage.pass_(seconds=9)
        await stage.hear("down")
        (seen,) = stage.incident().changes
        assert (seen.version, seen.previous, seen.told_by) == ("2.41.1", "2.41.0", "health:api")
        assert seen.deployed_at == T0 + timedelta(seconds=10)
        assert stage.events("deploys") == ["DeployReported"]
        await stage.crash()

    played(main)


def test_a_deploy_that_a_job_told_is_not_told_again_by_the_health_body() -> None:
    """The job is quicker; the body confirms."""

    async def main() -> None:
        stage = await Enquired(held(), rules=RULES).start()
        await stage.hear("up", version="2.41.0")
        deploy = ReportDeploy(
            version="shop@2.41.1",
            previous=None,
            system=None,
            environment="production",
            deployed_at=None,
            migration=None,
            told_by="api",
        )
        await stage.engine.ask("deploys", deploy)
        await stage.hear("up", version="2.41.1")
        assert stage.events("deploys") == ["DeployReported"]
        await stage.crash()

    played(main)
