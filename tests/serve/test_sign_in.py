"""Who may look and who may act."""

from __future__ import annotations

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.serve.front import API, TOKENS, Front, bearer, played
from watcher.serve.app import build

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
    """A scraper on this machine needs no token; one elsewhere, behind a proxy here, or under a foreign name does."""

    async def scene(stage: Front) -> None:
        async with stage.web() as near, stage.web("203.0.113.9") as far:
            assert (await near.get("/metrics")).status_code == 200
            assert (await near.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 401
            assert (await near.get("/metrics", headers={"host": "watcher.shop.example"})).status_code == 401
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


class Old:
    """What a proxy with its usual settings makes of a request: HTTP/1.0, our own address as the host, no word of itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "http_version": "1.0"}, receive, send)


@pytest.mark.parametrize(("tokens", "code"), [(TOKENS, 401), (None, 403)])
def test_a_proxy_that_says_nothing_of_itself_is_not_this_machine(
    tokens: dict[str, str] | None, code: int
) -> None:
    """A request in HTTP/1.0 comes through one: neither the metrics nor the API take it for somebody who sits here."""

    async def scene(stage: Front) -> None:
        transport = httpx2.ASGITransport(Old(build(stage.desk)), client=("127.0.0.1", 1234))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:9120") as web:
            found = [(await web.get(path)).status_code for path in ("/metrics", f"{API}/status")]
        assert found == [code, code]

    played(scene, tokens=tokens)


@pytest.mark.parametrize("host", ["x/ack/", "x/-/healthy?", "x#/ack/", "a@b/ack/", "x\\ack/", "[::1]/ack/"])
def test_a_host_header_opens_nothing(host: str) -> None:
    """The path alone says what is open; a header that looks like one does not."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            found = await web.get(f"{API}/incidents", headers={"host": host})
        assert found.status_code in (400, 401)
        assert "INC-1" not in found.text

    played(scene, tokens=TOKENS)


def test_whoever_has_many_addresses_guesses_no_more_than_others() -> None:
    """The addresses of one IPv6 network count as one, those of IPv4 each for itself, also in their IPv6 spelling."""

    async def scene(stage: Front) -> None:
        app = build(stage.desk)

        async def guess(client: str, number: int) -> int:
            transport = httpx2.ASGITransport(app, client=(client, 1234))
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:9120") as web:
                headers = {"authorization": f"Bearer guess-{number}"}
                return (await web.get(f"{API}/status", headers=headers)).status_code

        assert [await guess(f"2001:db8:0:7::{n:x}", n) for n in range(11)] == [401] * 10 + [429]
        assert await guess("2001:db8:0:8::1", 12) == 401
        assert {await guess(f"::ffff:203.0.113.{n}", n) for n in range(11)} == {401}
        assert {await guess("::ffff:203.0.113.20", n) for n in range(10)} == {401}
        assert await guess("203.0.113.20", 11) == 429

    played(scene, tokens=TOKENS)


def test_guessing_tokens_is_cut_short_and_a_stale_token_locks_nobody_out() -> None:
    """Ten different wrong tokens end the guessing of an address for ten minutes; whoever has the right one gets in."""

    async def scene(stage: Front) -> None:
        async def code(web: httpx2.AsyncClient, token: str) -> int:
            return (await web.get(f"{API}/status", headers={"authorization": f"Bearer {token}"})).status_code

        async with stage.web() as web, stage.web("203.0.113.9") as other:
            assert {await code(web, "stale") for _ in range(50)} == {401}
            assert await code(web, TOKENS["cli"]) == 200
            assert {await code(web, f"guess-{n}") for n in range(9)} == {401}
            assert await code(web, "guess-10") == 429
            assert await code(web, TOKENS["cli"]) == 200
            assert await code(other, "guess-11") == 401
            await stage.pass_(minutes=10)
            assert await code(web, "guess-12") == 401

    played(scene, tokens=TOKENS)
