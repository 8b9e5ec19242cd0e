"""The application on a real engine: what is answered to whom, and what an answer never does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serve.front import Front
from tests.virtual import run
from watcher.engine import HEARTBEAT
from watcher.log.memory import MemoryLog
from watcher.observation import Blind
from watcher.serve.body import BODY_MAX
from watcher.serve.desk import Reloaded

TOKENS = {"cli": "a-long-token-for-cli", "ci": "a-long-token-for-ci"}
API = "/api/v1"


def played(scene: Callable[[Front], Awaitable[Any]], **options: Any) -> Any:
    """One scene with an incident open."""

    async def main() -> Any:
        stage = Front(**options)
        await stage.start()
        await stage.probe("down")
        try:
            return await scene(stage)
        finally:
            await stage.crash()

    return run(main())


def bearer(name: str = "cli") -> dict[str, str]:
    return {"authorization": f"Bearer {TOKENS[name]}"}


def test_the_list_and_the_file_of_an_incident() -> None:
    """An open incident is listed, and shown with its recommendation, its receipts and its timeline; case does not matter."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            listed = (await web.get(f"{API}/incidents")).json()
            shown = (await web.get(f"{API}/incidents/inc-1")).json()
        assert [it["id"] for it in listed["incidents"]] == ["INC-1"]
        assert (shown["category"], shown["status"], shown["systems"]) == ("outage", "investigating", ["api"])
        assert shown["pages"][0]["receipts"]["ann-phone"]["state"] == "accepted"
        assert shown["recommendation"]["letter"]
        assert shown["next_action_at"] is not None
        texts = [line["text"] for line in shown["timeline"]]
        assert texts[0].startswith("opened as P0 outage in production")
        assert "paged ann on ann-phone (accepted)" in texts

    played(scene)


def test_every_verb_is_carried_out_and_says_who_did_it() -> None:
    """ack, note and resolve reach the log under the name that was given."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            ack = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
            note = await web.post(f"{API}/incidents/INC-1/note", json={"as": "ann", "text": "looking\nat it"})
            done = await web.post(f"{API}/incidents/INC-1/resolve", json={"as": "bob", "text": "restarted"})
            again = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
            closed = (await web.get(f"{API}/incidents?all=1")).json()
        assert [r.status_code for r in (ack, note, done)] == [200, 200, 200]
        assert ack.json()["acknowledged_by"] == "ann"
        assert done.json()["outcome"] == "resolved"
        assert again.status_code == 409
        assert "already resolved" in again.json()["error"]
        assert closed["incidents"][0]["outcome"] == "resolved"
        assert {"Acknowledged", "Noted", "Resolved", "Closed"} <= set(stage.events())

    played(scene)


def test_a_false_alarm_is_said_so() -> None:
    """false-alarm closes the incident with that outcome."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.post(f"{API}/incidents/INC-1/false-alarm", json={"as": "ann"})
        assert found.json()["outcome"] == "false_alarm"

    played(scene)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/incidents/INC-1/ack", {}, 400, "'as' is missing"),
        ("/incidents/INC-1/ack", {"as": 3}, 400, "'as' must be a text"),
        ("/incidents/INC-1/ack", {"as": "\x00\u202e"}, 400, "'as' is missing"),
        ("/incidents/INC-1/ack", {"as": "ann", "loud": True}, 400, "there is no field 'loud'"),
        ("/incidents/INC-1/note", {"as": "ann"}, 400, "'text' is missing"),
        ("/incidents/INC-1/note", {"as": "ann", "text": "x" * 4001}, 400, "at most 4000"),
        ("/incidents/INC-1/ack", [], 400, "JSON object"),
        ("/incidents/INC-1/dance", {"as": "ann"}, 404, "no such command"),
        ("/incidents/INC-1/confirm", {"as": "ann"}, 409, "INC-1 is no suspicion"),
        ("/incidents/INC-2/ack", {"as": "ann"}, 404, "there is no INC-2"),
        ("/incidents/SUS-9/confirm", {"as": "ann"}, 404, "there is no SUS-9"),
        ("/incidents/SUS-9/ack", {"as": "ann"}, 409, "SUS-9 is no incident"),
        ("/incidents/nonsense/ack", {"as": "ann"}, 404, "an id reads INC-1042"),
        ("/deploys", {}, 400, "'version' is missing"),
        ("/deploys", {"version": "1", "migration": "no"}, 400, "'migration' must be true, false or null"),
        ("/deploys", {"version": "1", "deployed_at": "2026-11-25T03:00:00"}, 400, "with its zone"),
        ("/deploys", {"version": "1", "deployed_at": "yesterday"}, 400, "with its zone"),
        ("/silences", {"as": "ann", "because": "x", "match": {}}, 400, "at least one of"),
        (
            "/silences",
            {"as": "ann", "because": "x", "match": {"system": "api"}},
            400,
            "either 'minutes' or 'until'",
        ),
        ("/silences", {"as": "ann", "minutes": 5, "match": {"system": "api"}}, 400, "'because' is missing"),
        (
            "/silences",
            {"as": "ann", "because": "x", "minutes": 1e5, "match": {"system": "api"}},
            409,
            "within 7 days",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "minutes": -1, "match": {"system": "api"}},
            400,
            "greater than 0",
        ),
    ],
)
def test_a_fault_names_the_field_and_changes_nothing(path: str, body: Any, status: int, said: str) -> None:
    """What cannot be carried out is answered with its status and the mend; the log stays as it was."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        async with stage.web() as web:
            found = await web.post(f"{API}{path}", json=body)
        assert (found.status_code, said in found.json()["error"]) == (status, True), found.text
        assert stage.events() == before

    played(scene)


def test_only_json_of_bounded_size_is_taken() -> None:
    """A form of a foreign page, a body that is no JSON, and one that is too long are refused."""

    async def scene(stage: Front) -> None:
        path = f"{API}/incidents/INC-1/ack"
        async with stage.web() as web:
            form = await web.post(path, data={"as": "ann"})
            plain = await web.post(path, content=b'{"as":"ann"}', headers={"content-type": "text/plain"})
            typed = {"content-type": "application/json"}
            broken = await web.post(path, content=b"{", headers=typed)
            deep = await web.post(path, content=b"[" * 50_000, headers=typed)
            long = await web.post(path, content=b" " * (BODY_MAX + 1), headers=typed)
        assert [r.status_code for r in (form, plain, broken, deep, long)] == [415, 415, 400, 400, 413]
        assert "Acknowledged" not in stage.events()

    played(scene)


def test_a_deploy_is_remembered_with_who_told_of_it() -> None:
    """A CI job reports a deploy under its token's name."""

    async def scene(stage: Front) -> None:
        body = {
            "version": "2.41.1",
            "previous": "2.41.0",
            "migration": False,
            "deployed_at": "2026-11-25T02:51:00Z",
        }
        async with stage.web() as web:
            found = await web.post(f"{API}/deploys", json=body, headers=bearer("ci"))
        assert found.status_code == 200, found.text
        deploy = stage.engine.streams["deploys"].recent[0]
        assert (deploy.version, deploy.told_by, deploy.environment) == ("2.41.1", "ci", "production")
        assert deploy.deployed_at.hour == 2

    played(scene, tokens=TOKENS)


def test_a_silence_begins_and_is_taken_back() -> None:
    """A silence is listed with its end, and ends when somebody says so; a second end is refused."""

    async def scene(stage: Front) -> None:
        body = {"match": {"system": "api"}, "minutes": 30, "by": "ann", "because": "load test"}
        async with stage.web() as web:
            begun = (await web.post(f"{API}/silences", json=body)).json()["silences"]
            number = begun[0]["silence"]
            ended = await web.delete(f"{API}/silences/{number}?as=bob")
            again = await web.delete(f"{API}/silences/{number}?as=bob")
            nobody = await web.delete(f"{API}/silences/{number}")
        assert begun[0]["match"] == {"system": "api"}
        assert ended.json()["silences"] == []
        assert (again.status_code, nobody.status_code) == (409, 400)

    played(scene)


def test_a_refused_reload_says_every_fault() -> None:
    """A reload that is not taken is no success, and names what is wrong."""

    async def scene(stage: Front) -> None:
        stage.reloads.append(Reloaded(ok=False, generation=1, faults=("watcher.yaml:3:1: no", "rules: no")))
        async with stage.web() as web:
            bad = await web.post(f"{API}/reload", json={})
            good = await web.post(f"{API}/reload", json={})
        assert (bad.status_code, bad.json()["faults"]) == (422, ["watcher.yaml:3:1: no", "rules: no"])
        assert good.json() == {"ok": True, "generation": 2}

    played(scene)


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
        assert "blind (timeout)" in overview.text

    played(scene)


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


CLOSED = [
    "/",
    "/incidents/INC-1",
    f"{API}/status",
    f"{API}/incidents",
    f"{API}/incidents/INC-1",
    f"{API}/silences",
    "/x",
]
OPEN = ["/-/healthy", "/-/ready", "/ack/forged"]


@pytest.mark.parametrize("path", CLOSED)
def test_with_tokens_everything_else_needs_one(path: str) -> None:
    """Without a token nothing of an incident is said, not even that an address exists; with one it is."""

    async def scene(stage: Front) -> None:
        for client in ("127.0.0.1", "203.0.113.9"):
            async with stage.web(client) as web:
                without = await web.get(path)
                wrong = await web.get(path, headers={"authorization": "Bearer guessed"})
                right = await web.get(path, headers=bearer())
            assert (without.status_code, wrong.status_code) == (401, 401)
            assert right.status_code == (404 if path == "/x" else 200)
            assert "outage" not in without.text + wrong.text
            assert "www-authenticate" in without.headers

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("path", OPEN)
def test_the_open_addresses_answer_anybody(path: str) -> None:
    """Health and the acknowledgement link (which is its own key) need no sign-in."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            assert (await web.get(path)).status_code != 401

    played(scene, tokens=TOKENS)


def test_metrics_are_open_on_loopback_alone() -> None:
    """A scraper on this machine needs no token; one elsewhere, or behind a proxy here, does."""

    async def scene(stage: Front) -> None:
        async with stage.web() as near, stage.web("203.0.113.9") as far:
            assert (await near.get("/metrics")).status_code == 200
            assert (await near.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 401
            assert (await far.get("/metrics")).status_code == 401
            assert (await far.get("/metrics", headers=bearer())).status_code == 200

    played(scene, tokens=TOKENS)


def test_a_browser_signs_in_with_a_password_that_opens_pages_and_never_acts() -> None:
    """Basic is read for GET alone: a browser repeats it on requests that foreign pages begin."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            web.auth = httpx2.BasicAuth("anyone", TOKENS["cli"])
            page = await web.get("/")
            act = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
        assert (page.status_code, act.status_code) == (200, 401)

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize(
    "foreign",
    [
        {"host": "evil.example"},
        {"host": "evil.example:9120"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
    ],
)
def test_without_tokens_only_whoever_sits_at_this_machine_may_look(foreign: dict[str, str]) -> None:
    """A rebound host name and a proxy are not this machine."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            assert (await web.get(f"{API}/incidents", headers=foreign)).status_code == 403
        async with stage.web("203.0.113.9") as far:
            assert (await far.get(f"{API}/incidents")).status_code == 403

    played(scene)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9120", "localhost:9120", "[::1]:9120", "[::1]"])
def test_without_tokens_loopback_names_are_this_machine(host: str) -> None:
    """Whoever sits here needs no token, by whatever name of this machine."""

    async def scene(stage: Front) -> None:
        async with stage.web("::1") as web:
            assert (await web.get(f"{API}/incidents", headers={"host": host})).status_code == 200

    played(scene)


def test_guessing_tokens_is_cut_short_and_a_stale_token_locks_nobody_out() -> None:
    """Ten different wrong tokens close the door to an address for ten minutes; the same one, sent for ever, does not."""

    async def scene(stage: Front) -> None:
        async def code(web: httpx2.AsyncClient, token: str) -> int:
            return (await web.get(f"{API}/status", headers={"authorization": f"Bearer {token}"})).status_code

        async with stage.web() as web, stage.web("203.0.113.9") as other:
            assert {await code(web, "stale") for _ in range(50)} == {401}
            assert await code(web, TOKENS["cli"]) == 200
            assert {await code(web, f"guess-{n}") for n in range(9)} == {401}
            assert await code(web, TOKENS["cli"]) == 429
            assert await code(other, TOKENS["cli"]) == 200
            await stage.pass_(minutes=10)
            assert await code(web, TOKENS["cli"]) == 200

    played(scene, tokens=TOKENS)


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
        assert found.headers["referrer-policy"] == "no-referrer"

    played(scene)


def test_the_style_of_a_page_is_the_one_that_the_policy_allows() -> None:
    """A browser computes the hash of what stands between the tags; there is no other style and no script."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            pages = [await web.get(path) for path in ("/", "/incidents/INC-1", "/nothing")]
        for page in pages:
            (style,) = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
            assert "style=" not in page.text
            assert "<script" not in page.text

    played(scene)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "as",
    "text",
    "version",
    "previous",
    "migration",
    "deployed_at",
    "match",
    "minutes",
    "until",
    "by",
    "because",
)
PATHS = (
    "/incidents/INC-1/ack",
    "/incidents/INC-1/note",
    "/incidents/SUS-1/not-p0",
    "/deploys",
    "/silences",
    "/reload",
)


@settings(max_examples=60, deadline=None)
@given(
    sent=st.lists(
        st.tuples(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), SHAPES, max_size=4)),
        max_size=12,
    )
)
def test_no_body_is_our_own_fault(sent: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever JSON is sent, the answer is a success or says what was wrong with it."""

    async def scene(stage: Front) -> None:
        stage.reloads = [Reloaded(ok=True, generation=2)] * 12
        async with stage.web() as web:
            for path, body in sent:
                typed = {"content-type": "application/json"}
                found = await web.post(f"{API}{path}", content=json.dumps(body), headers=typed)
                assert found.status_code < 500, found.text

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
        assert all("<script" not in page and "<img" not in page and "<b>" not in page for page in pages)
        assert "&lt;img src=x&gt;" in pages[1]

    run(main())


def test_two_acknowledgements_at_once_are_both_recorded() -> None:
    """A second acknowledgement is recorded, never refused."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            both = await asyncio.gather(
                *(web.post(f"{API}/incidents/INC-1/ack", json={"as": name}) for name in ("ann", "bob"))
            )
        assert [r.status_code for r in both] == [200, 200]
        assert stage.events().count("Acknowledged") == 2

    played(scene)
