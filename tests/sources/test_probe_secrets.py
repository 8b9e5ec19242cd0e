"""What a probe sent stays hidden, however a service in trouble repeats it."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx2
import pytest

from tests.outside import Served, read_body, reply
from watcher.clock import Clock
from watcher.settings.endpoint import Endpoint
from watcher.sources.probe import Looked, probe, request_of

PASSWORD = 'correct "horse" battery/ü'
TOKEN = "abcdefghijkl-mnop"
REQUEST = {
    "method": "POST",
    "headers": {"authorization": "Bearer ${LOUD_TOKEN}", "accept": "application/json"},
    "json": {"email": "probe@shop.example", "users": [{"password": "${LOUD_PASSWORD}"}]},
}
Say = Callable[[str, str], tuple[int, str, str]]


class Loud(Served):
    """Repeats the password and the token that it was sent."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self.say = say

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        password = json.loads(read_body(request))["users"][0]["password"]
        token = request.headers["authorization"].split()[-1]
        status, body, kind = self.say(password, token)
        reply(request, status, body.encode(), kind)


async def looked(say: Say, monkeypatch: pytest.MonkeyPatch, **request: Any) -> Looked:
    monkeypatch.setenv("LOUD_PASSWORD", PASSWORD)
    monkeypatch.setenv("LOUD_TOKEN", TOKEN)
    with Loud(say) as loud:
        settings = {"name": "sign-in", "url": f"http://{loud.address}/", "request": {**REQUEST, **request}}
        endpoint = Endpoint.model_validate(settings)
        async with httpx2.AsyncClient(trust_env=False) as client:
            return await probe(client, request_of(client, endpoint, endpoint.url), endpoint, Clock())


def shows(found: Looked) -> list[str]:
    """Which of the secrets can be read in what is kept of the answer."""
    said = repr(found.reading) + found.body.decode()
    return [secret for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], TOKEN) if secret in said]


@pytest.mark.parametrize(
    "say",
    [
        lambda password, token: (401, f"no sign-in for {password} ({token})", "text/plain"),
        lambda password, token: (422, json.dumps({"input": password, "seen": [token]}), "application/json"),
        lambda password, token: (
            503,
            json.dumps({"status": "down", token: {"status": "down"}}),
            "application/json",
        ),
        lambda password, token: (503, f"<title>{token}</title><p>{password}</p>", "text/html"),
        lambda password, token: (
            500,
            json.dumps({"error": f"Bearer {token}"}, ensure_ascii=False),
            "application/json",
        ),
    ],
)
async def test_a_service_that_repeats_what_it_was_sent_shows_none_of_it(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In plain text, in JSON with its escapes, as a component's name: neither the reading nor the excerpt holds it."""
    found = await looked(say, monkeypatch, expect=[200])
    assert found.reading.state == "down"
    assert found.body
    assert shows(found) == []


async def test_what_is_hidden_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer itself is judged: words that a good one must hold count, also where they are hidden from people."""
    say: Say = lambda _, token: (200, f"welcome {token}", "text/plain")  # noqa: E731
    found = await looked(say, monkeypatch, contains=[TOKEN])
    assert (found.reading.state, found.body) == ("up", b"welcome [secret]")
    lacking = await looked(say, monkeypatch, lacks=[TOKEN])
    assert lacking.reading.state == "down"
    assert shows(lacking) == []


async def test_words_that_are_no_secret_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What kind of answer is asked for stands in many answers, and hides nothing."""
    found = await looked(
        lambda *_: (503, "application/json is what the database sends no more", "text/plain"), monkeypatch
    )
    assert b"application/json is what the database" in found.body
