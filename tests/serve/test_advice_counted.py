"""Whether the recommendations were followed, and right: as counts, in the status and the metrics."""

from __future__ import annotations

from typing import Any

from tests.serve.front import API, Front, played
from watcher.log import LogBroken

INC = f"{API}/incidents/INC-1"


def test_what_was_decided_and_judged_is_counted() -> None:
    """A decision against nothing recommended is neither; a restart changes no count; every label starts at 0."""

    async def scene(stage: Front) -> None:
        before = stage.metrics.exposition().decode()
        assert 'watcher_decisions_total{choice="hotfix",followed="true"} 0.0' in before
        assert 'watcher_recommendations_judged_total{verdict="wrong"} 0.0' in before
        async with stage.web() as web:
            assert (await web.get(INC)).json()["recommendation"]["choice"] == "undecided"
            await web.post(f"{INC}/decide", json={"as": "ann", "choice": "other", "text": "restart"})
            deploy = {"version": "2.41.1", "previous": "2.41.0", "as": "ci", "migration": False}
            await web.post(f"{API}/deploys", json=deploy)
            await web.post(f"{INC}/resolve", json={"as": "ann"})
            await stage.probe("up")
            await stage.probe("down")
            second = (await web.get(f"{API}/incidents/INC-2")).json()
            assert second["recommendation"]["choice"] == "rollback"
            for choice in ("hotfix", "rollback"):
                done = await web.post(f"{API}/incidents/INC-2/decide", json={"as": "ann", "choice": choice})
            await web.post(f"{INC}/judge-advice", json={"as": "ann", "right": False})
            advice = (await web.get(f"{API}/status")).json()["advice"]
            judged = (await web.get(INC)).json()["judged"]
        assert advice == {"followed": 1, "not_followed": 1, "unadvised": 1, "right": 0, "wrong": 1}
        assert (done.json()["decided"]["followed"], done.json()["decided"]["by"]) == (True, "ann")
        assert (judged["right"], judged["by"]) == (False, "ann")
        shown = stage.metrics.exposition().decode()
        assert 'watcher_decisions_total{choice="other",followed="none"} 1.0' in shown
        assert 'watcher_decisions_total{choice="rollback",followed="true"} 1.0' in shown
        assert 'watcher_decisions_total{choice="hotfix",followed="false"} 1.0' in shown
        assert stage.again().metrics.exposition().decode().count("watcher_decisions_total{") == 9
        assert 'followed="true"} 1.0' in stage.again().metrics.exposition().decode()

    played(scene)


def test_the_status_answers_where_the_log_cannot_be_read() -> None:
    """The counts are missing then, and the rest stands."""

    async def scene(stage: Front) -> None:
        def broken(_: str) -> Any:
            raise LogBroken("the disk is gone")

        stage.log.remembered = broken
        async with stage.web() as web:
            found = await web.get(f"{API}/status")
        assert found.status_code == 200
        assert (found.json()["advice"], found.json()["incidents"][0]["id"]) == (None, "INC-1")

    played(scene)
