"""Where the commands stand: in the API's file and answers, on the incident's page, and in the page to a phone."""

from __future__ import annotations

from typing import Any

from tests.serve.front import API, Front
from tests.theatre import CONFIG, governing
from tests.virtual import run

EVIDENCE = (
    "evidence: {commands: kubernetes, deployments: {web: {namespace: prod, image: registry.example/web}}}\n"
)
FIRST = "kubectl -n prod set image deployment/web web=registry.example/web:2.41.0"


class Deployed(Front):
    """A release went out, and then it was down."""

    def __init__(self) -> None:
        super().__init__()
        self.governing = governing(CONFIG + EVIDENCE)
        self.config = self.governing.config

    async def broken(self) -> None:
        await self.start()
        async with self.web() as web:
            deploy = {"version": "2.41.1", "previous": "2.41.0", "system": "web", "migration": False}
            assert (await web.post(f"{API}/deploys", json={"as": "ci", **deploy})).status_code == 200
        await self.probe("down")


def played(scene: Any) -> None:
    async def main() -> None:
        stage = Deployed()
        await stage.broken()
        try:
            await scene(stage)
        finally:
            await stage.crash()

    run(main())


def test_the_file_and_the_answers_hold_the_commands_of_what_is_done() -> None:
    """Those of the recommendation; once a person decides otherwise, those of the decision; other has none."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            shown = (await web.get(f"{API}/incidents/INC-1")).json()
            hotfix = await web.post(f"{API}/incidents/INC-1/decide", json={"as": "ann", "choice": "hotfix"})
            other = await web.post(f"{API}/incidents/INC-1/decide", json={"as": "ann", "choice": "other"})
        assert shown["recommendation"]["choice"] == "rollback"
        assert shown["commands"][0] == {"title": "Roll back to 2.41.0", "text": FIRST}
        assert hotfix.json()["commands"][0]["title"] == "Branch from the running release"
        assert other.json()["commands"] == []

    played(scene)


def test_the_page_of_an_incident_shows_them() -> None:
    """Escaped: what a shell reads holds quotes and ampersands."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            text = (await web.get("/incidents/INC-1")).text
        assert '<p class="step">Roll back to 2.41.0</p>' in text
        assert f">{FIRST}</pre>" in text
        assert "&amp;&amp; git push" in text
        assert "&& git push" not in text

    played(scene)


def test_whoever_is_woken_reads_the_command() -> None:
    """It goes with the first page, which is written when it is sent."""

    async def scene(stage: Front) -> None:
        pages = [sent.page for sent in stage.sender.sent]
        assert pages
        assert all(f"Type: {FIRST}" in page.lines for page in pages)
        assert all(page.lines[0].startswith("ROLL BACK to 2.41.0") for page in pages)

    played(scene)
