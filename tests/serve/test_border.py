"""What a foreign page begins, or a browser fetches ahead, never acts."""

from __future__ import annotations

import httpx2
import pytest

from tests.serve.front import API, Front, bearer, played

TOKENS = {"cli": "a-long-token-for-cli"}
PUBLIC = "https://watcher.shop.example"

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://shop.example"},
    {"origin": "https://watcher.shop.example.evil.example"},
    {"origin": "https://watcher.shop.example:8443"},
    {"origin": "https://[::1"},
    {"origin": ""},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": PUBLIC},
    {"sec-fetch-site": ""},
]
AHEAD = [
    {"purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"x-purpose": "preview"},
    {"x-moz": "prefetch"},
]
OURS: list[dict[str, str]] = [
    {},
    {"origin": PUBLIC},
    {"origin": f"{PUBLIC}:443"},
    {"sec-fetch-site": "same-origin", "origin": PUBLIC},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "http://10.0.0.7"},  # a proxy that changes our name
]


async def press(stage: Front, headers: dict[str, str], base: str = PUBLIC) -> httpx2.Response:
    async with stage.web("203.0.113.9", base) as web:
        path = f"/ack/{stage.links.token('INC-1', 'ann')}"
        return await web.post(path, data={"who": "ann"}, headers=headers)


@pytest.mark.parametrize("headers", [*FOREIGN, *AHEAD])
def test_an_act_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    """403 with a page that says what to do, and nothing is acknowledged."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        found = await press(stage, headers)
        assert found.status_code == 403, headers
        assert "open the link" in found.text or "open it and press the button" in found.text
        assert "content-security-policy" in found.headers
        assert stage.events() == before

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("headers", OURS)
def test_an_act_from_our_own_page_or_a_program_is_carried_out(headers: dict[str, str]) -> None:
    """A browser on our page, one behind a proxy that changes our name, and what is no browser at all."""

    async def scene(stage: Front) -> None:
        assert (await press(stage, headers)).status_code == 303
        assert stage.incident().acknowledged_by == "ann"

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize(
    ("base", "origin", "status"),
    [
        ("http://127.0.0.1:9120", "http://127.0.0.1:9120", 303),
        ("http://10.0.0.7", "https://10.0.0.7", 303),  # TLS ended at a proxy
        ("http://127.0.0.1:9120", PUBLIC, 303),  # the proxy names us by our inner address
        ("http://127.0.0.1:9120", "http://127.0.0.1:3000", 403),  # another program on this machine
        ("http://127.0.0.1:9120", "http://localhost:9120", 403),
    ],
)
def test_the_page_is_ours_by_the_name_that_was_asked_or_the_public_one(
    base: str, origin: str, status: int
) -> None:
    """Host and port count, the scheme does not."""

    async def scene(stage: Front) -> None:
        assert (await press(stage, {"origin": origin}, base)).status_code == status

    played(scene, tokens=TOKENS)


def test_a_page_without_an_address_is_foreign_where_we_have_no_public_one() -> None:
    """`Origin: null` is a sandboxed frame; no name of ours equals it."""

    async def scene(stage: Front) -> None:
        service = stage.config.service.model_copy(update={"public_url": None})
        stage.config = stage.config.model_copy(update={"service": service})
        assert (await press(stage, {"origin": "null"})).status_code == 403
        assert (await press(stage, {"origin": PUBLIC})).status_code == 303

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("headers", [*FOREIGN, *AHEAD])
def test_the_api_acts_for_no_foreign_page_either(headers: dict[str, str]) -> None:
    """Not even with a good token; looking is not hindered."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            act = await web.post(
                f"{API}/incidents/INC-1/ack", json={"as": "ann"}, headers={**bearer(), **headers}
            )
            look = await web.get(f"{API}/incidents", headers={**bearer(), **headers})
        assert (act.status_code, "error" in act.json(), look.status_code) == (403, True, 200)
        assert "Acknowledged" not in stage.events()

    played(scene, tokens=TOKENS)
