"""The two hours with HTTP as the only hands: what is said, done, shown to stakeholders, and written afterwards."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.serve.front import API, Front, bearer, played
from tests.serve.front import TOKENS as TOKENS_
from tests.theatre import CONFIG

TOLD = CONFIG.replace(
    "on_call: {default: ann}", "on_call: {default: ann}\nstakeholders: {targets: [status], every: 30m}"
).replace(
    "targets:\n  chat:",
    'targets:\n  status: {apprise: "memory://127.0.0.1", for: [publish]}\n  chat:',
)
INC = f"{API}/incidents/INC-1"


async def act(web: httpx2.AsyncClient, verb: str, **given: Any) -> httpx2.Response:
    return await web.post(f"{INC}/{verb}", json={"as": "ann", **given})


def test_a_rollback_from_the_page_to_the_post_mortem() -> None:
    """Every hand movement is one request; what stakeholders heard stands on the status page."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await act(web, "ack")
            await stage.pass_(seconds=1)
            assert [p.title for p in stage.sender.pages("status")] == ["INC-1 shop: incident detected"]
            assert (await act(web, "state", affected=40)).status_code == 200
            assert (await act(web, "tick", item="deployments")).json()["said"] == ["ann ticks deployments"]
            await act(web, "tick", item="error-rate")
            decided = (await act(web, "decide", choice="rollback")).json()
            assert decided["status"] == "fixing"
            deployed = (await act(web, "deployed", version="2.41.0")).json()
            assert (deployed["status"], deployed["deployment"]["verification"]) == ("verifying", "under way")
            open_ = (await web.get("/status")).text
            assert ("a fix is out, and is being verified" in open_, "repaired" in open_) == (True, False)
            early = await act(web, "tick", item="announced")
            assert (early.status_code, "before it is verified" in early.json()["error"]) == (409, True)
            await stage.probes("up", 6)
            held = (await web.get(INC)).json()
            assert (held["status"], held["deployment"]["verification"]) == ("watching", "passed")
            assert stage.sender.pages("status")[-1].title == "INC-1 shop: fixed"
            said = (await web.get("/status")).text
            assert "repaired, and being watched" in said
            assert "503" not in said
            await stage.probes("up", 121)
            post = (await web.get(f"{INC}/postmortem")).json()
            assert post["markdown"].startswith("# Post-mortem INC-1")
            assert stage.sender.pages("status")[-1].title == "INC-1 shop: all clear"

    played(scene, text=TOLD)


def test_what_is_misspelled_is_answered_with_what_is_there() -> None:
    """An item, a document."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            item = await act(web, "tick", item="smoketest")
            assert (item.status_code, "smoke-test" in item.json()["error"]) == (409, True)
            document = await web.get(f"{INC}/post-mortem")
            assert (document.status_code, "postmortem" in document.json()["error"]) == (404, True)

    played(scene)


def test_the_status_page_needs_no_sign_in_and_shows_no_internals() -> None:
    """No title, no system, no person, no address; as JSON as well."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as stranger:
            page, told = await stranger.get("/status"), await stranger.get("/status.json")
            assert (page.status_code, told.status_code) == (200, 200)
            assert (await stranger.get("/")).status_code == 401
        for text in (page.text, told.text):
            assert "INC-1" in text
            for internal in ("api", "503", "ann", "example", "rule"):
                assert internal not in text

    played(scene, tokens=TOKENS_)


def test_a_security_incident_appears_nowhere_until_it_is_released() -> None:
    """Neither on the status page nor at the stakeholders."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            leak = {"as": "cara", "category": "security", "text": "leak"}
            await web.post(f"{API}/declare", json=leak, headers=bearer())
            await web.post(f"{API}/incidents/INC-2/ack", json={"as": "cara"}, headers=bearer())
            await stage.pass_(minutes=10)
            before = (await web.get("/status.json")).json()
            assert [one["id"] for one in before["incidents"]] == ["INC-1"]
            refused = await web.post(
                f"{API}/incidents/INC-2/update", json={"as": "cara", "text": "x"}, headers=bearer()
            )
            assert refused.status_code == 409
            await web.post(f"{API}/incidents/INC-2/release", json={"as": "cara"}, headers=bearer())
            await stage.pass_(seconds=1)
            after = (await web.get("/status.json")).json()
            assert {one["id"] for one in after["incidents"]} == {"INC-1", "INC-2"}
            assert any("INC-2" in p.title for p in stage.sender.pages("status"))

    played(scene, text=TOLD, tokens=TOKENS_)
