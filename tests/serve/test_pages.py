"""The pages, the daemon's own health, and what every answer carries."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.serve.front import API, GONE, REPORTS, Front, played
from tests.virtual import run
from watcher.engine import HEARTBEAT
from watcher.log.memory import MemoryLog
from watcher.observation import Blind, Sweep
from watcher.serve.web.static import address


def test_an_engine_that_does_not_turn_is_unhealthy_and_busy() -> None:
    """Two missed heartbeats are 503, and a command is answered rather than left hanging."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            well = await web.get("/-/healthy")
            await stage.crash()
            await stage.world.clock.sleep(2 * HEARTBEAT + timedelta(seconds=1))
            ill = await web.get("/-/healthy")
            busy = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
        assert (well.status_code, well.json()["ok"]) == (200, True)
        assert (ill.status_code, ill.json()["ok"]) == (503, False)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")

    played(scene)


def test_a_blind_source_is_named_and_is_no_fault_of_the_daemon() -> None:
    """Blindness is shown beside health, not as it."""

    async def scene(stage: Front) -> None:
        await stage.engine.submit(Blind(source="health:api", at=stage.world.clock.now(), reason="timeout"))
        await stage.pass_(milliseconds=50)
        async with stage.web() as web:
            health = await web.get("/-/healthy")
            status = (await web.get(f"{API}/status")).json()
            overview = await web.get("/")
        assert (health.status_code, health.json()["blind"]) == (200, ["health:api"])
        assert (status["sources"][0]["state"], status["sources"][0]["reason"]) == ("blind", "timeout")
        assert "blind since 2026-11-25 03:00 UTC (timeout)" in overview.text

    played(scene)


@pytest.mark.parametrize("state", ["up", "degraded", "down", "unknown"])
def test_a_source_shows_how_its_endpoint_answered_last(state: str) -> None:
    """In the status and on the overview; while the source is blind nothing is said of the endpoint."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await stage.probe(state)
            (told,) = (await web.get(f"{API}/status")).json()["sources"]
            overview = (await web.get("/")).text
            await stage.engine.submit(
                Blind(source="health:api", at=stage.world.clock.now(), reason="offline")
            )
            await stage.pass_(milliseconds=50)
            (blind,) = (await web.get(f"{API}/status")).json()["sources"]
        assert (told["state"], told["health"]) == ("seeing", state)
        assert f'<td data-th="State">{state}</td>' in overview
        assert (blind["state"], blind["health"]) == ("blind", None)

    played(scene)


def test_an_answer_that_tells_nothing_is_unknown_at_once() -> None:
    """An endpoint that was up and now shows a login page is not called up while we wait whether it lasts."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await stage.probe("up")
            at = stage.world.clock.now()
            await stage.engine.submit(
                Sweep(source="health:api", at=at, signals=(), complete=False, unseen=("health:api api",))
            )
            await stage.pass_(milliseconds=50)
            (told,) = (await web.get(f"{API}/status")).json()["sources"]
        assert (told["state"], told["health"]) == ("seeing", "unknown")

    played(scene)


def test_the_overview_says_who_has_what_until_when() -> None:
    """Incidents and suspicions, each with its holder and the end of it, or nobody."""

    async def scene(stage: Front) -> None:
        declared = {"category": "payments", "text": "charged twice", "as": "cara"}
        async with stage.web() as web:
            await web.post(f"{API}/report", json={"as": "support", "text": GONE})
            nobody = (await web.get("/")).text
            await web.post(f"{API}/declare", json=declared)
            await web.post(f"{API}/incidents/INC-1/ack", json={"as": "bob"})
            await web.post(f"{API}/incidents/SUS-1/ack", json={"as": "ann"})
            held = (await web.get("/")).text
        assert "SUS-1" in nobody
        assert "nobody" in nobody
        assert "bob, until 03:30 UTC" in held
        assert "ann, until 03:30 UTC" in held
        assert "nobody" not in held

    played(scene, rules=REPORTS)


def held(whom: str) -> str:
    """How a page says who has it."""
    return f'<dt>Who has it</dt><dd id="holder">{whom}'


def test_a_page_of_an_incident_says_who_has_it_and_what_cannot_be_seen() -> None:
    """The holder with the end, and each blind source: what it would show is missing from the timeline."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            before = (await web.get("/incidents/INC-1")).text
            await web.post(f"{API}/incidents/INC-1/ack", json={"as": "bob"})
            await stage.engine.submit(
                Blind(source="health:api", at=stage.world.clock.now(), reason="server_error", detail="502")
            )
            await stage.pass_(milliseconds=50)
            after = (await web.get("/incidents/INC-1")).text
            await web.post(f"{API}/incidents/INC-1/resolve", json={"as": "bob"})
            closed = (await web.get("/incidents/INC-1")).text
        assert held("nobody") in before
        assert "is blind" not in before
        assert held("bob, until 03:30 UTC") in after
        assert "health:api is blind since 2026-11-25 03:00 UTC (server error: 502)" in after
        assert "Who has it" not in closed

    played(scene)


@pytest.mark.parametrize("answer", [None, "confirm", "not-p0"])
def test_a_suspicion_has_a_page_of_its_own(answer: str | None) -> None:
    """Open or answered, it is shown with its timeline."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await web.post(f"{API}/report", json={"as": "support", "text": GONE})
            if answer:
                await web.post(f"{API}/incidents/SUS-1/{answer}", json={"as": "ann"})
            page = await web.get("/incidents/SUS-1")
        assert page.status_code == 200
        assert "Suspected: lost data. my conversations are gone" in page.text
        assert "suspected data-loss in production" in page.text
        assert ('<dt>Who looks</dt><dd id="holder">nobody' in page.text) == (answer is None)

    played(scene, rules=REPORTS)


def test_readiness_is_said_before_and_after_the_first_turn() -> None:
    """Not ready is 503."""

    async def main() -> None:
        stage = Front()
        async with stage.web() as web:
            before = (await web.get("/-/ready")).status_code
            await stage.start()
            after = (await web.get("/-/ready")).status_code
        await stage.crash()
        assert (before, after) == (503, 200)

    run(main())


@pytest.mark.parametrize(
    "path", ["/", "/incidents/INC-1", "/metrics", "/-/healthy", f"{API}/status", "/nothing", "/ack/x"]
)
def test_every_answer_carries_the_security_headers(path: str) -> None:
    """Nothing may be framed, sniffed, cached, or loaded from elsewhere; a page may use its own style alone."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.get(path)
        policy = found.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["referrer-policy"] == "same-origin"

    played(scene)


def test_the_style_of_a_page_is_the_one_that_the_policy_allows() -> None:
    """A browser computes the hash of what stands between the tags; there is no other style, and no script but our file."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            pages = [await web.get(path) for path in ("/", "/incidents/INC-1", "/nothing")]
        for page in pages:
            (style,) = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
            assert "style=" not in page.text
            assert set(re.findall("<script[^>]*>.", page.text)) <= {
                f'<script src="{address("watcher.js")}" defer><'
            }
            assert not re.search(r"<[^>]*\son[a-z]+=", page.text)

    played(scene)


def test_our_own_fault_is_answered_without_its_words() -> None:
    """An exception's text reaches nobody, and the headers are there all the same."""

    async def scene(stage: Front) -> None:
        stage.config = None  # type: ignore[assignment]
        async with stage.web() as web:
            found = await web.get(f"{API}/status")
        assert (found.status_code, found.json()) == (
            500,
            {"error": "the watcher could not answer; its log says why"},
        )
        assert "NoneType" not in found.text
        assert found.headers["x-frame-options"] == "DENY"

    played(scene)


def test_foreign_text_is_escaped_in_pages() -> None:
    """A title with markup is shown as text."""

    async def main() -> None:
        stage = await Front(MemoryLog()).start()
        await stage.probe("down", system='<script>alert("1")</script>')
        assert isinstance(stage, Front)
        async with stage.web() as web:
            await web.post(f"{API}/incidents/INC-1/note", json={"as": "<b>x</b>", "text": "<img src=x>"})
            pages = [(await web.get(path)).text for path in ("/", "/incidents/INC-1")]
        await stage.crash()
        assert all("<script>" not in page and "<img" not in page and "<b>" not in page for page in pages)
        assert "&lt;img src=x&gt;" in pages[1]

    run(main())


def test_the_daemon_starts_without_what_only_pages_need() -> None:
    """Templates are read for the first page: whoever only watches pays neither their time nor their memory."""
    program = "import sys, watcher.serve.app; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
