"""Sentry's webhook: a nudge, signed, once."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.serve.front import Front, played
from tests.theatre import CONFIG

SECRET = "the-client-secret-of-the-integration"
SENTRY = """\
sentry:
  - {name: shop, url: "http://sentry.example", organization: acme, token: "${HOOK_TOKEN}", hook_secret: "${HOOK_SECRET}"}
  - {name: desk, url: "http://sentry.example", organization: acme, token: "${HOOK_TOKEN}", hook_secret: "${HOOK_SECRET}"}
  - {name: else, url: "http://else.example", organization: acme, token: "${HOOK_TOKEN}", hook_secret: "${HOOK_ELSE}"}
  - {name: mute, url: "http://mute.example", organization: acme, token: "${HOOK_TOKEN}"}
"""
LOOK = ["sentry:shop", "sentry:desk"]
"""The sources of one integration."""


def said(number: int = 0) -> bytes:
    """What Sentry says of an issue."""
    issue = {"id": str(number), "title": "<script>alert(1)</script>", "level": "fatal", "count": "9999"}
    return json.dumps({"action": "created", "data": {"issue": issue}}).encode()


BODY = said()


class Nudged(Front):
    """Remembers which source was told to look."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.nudged: list[str | None] = []
        self.face: httpx2.AsyncClient | None = None  # one application remembers
        self.desk = replace(self.desk, nudge=self.nudged.append)

    async def call(
        self,
        body: bytes = BODY,
        *,
        key: str = SECRET,
        age: float = 0,
        delivery: str = "1",
        more: dict[str, str] | None = None,
    ) -> httpx2.Response:
        signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        stamp = int(self.world.clock.now().timestamp() - age)
        said = {
            "sentry-hook-signature": signature,
            "sentry-hook-timestamp": str(stamp),
            "request-id": delivery,
            "content-type": "application/json",
            **(more or {}),
        }
        self.face = self.face or self.web("203.0.113.9", "https://watcher.shop.example")
        return await self.face.post("/hooks/sentry", content=body, headers=said)


def staged(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_ELSE", "the-client-secret-of-somebody-else")
    monkeypatch.setenv("HOOK_TOKEN", "sntryi_" + "5" * 64)

    async def with_nudges(stage: Front) -> None:
        nudged = Nudged(log=stage.log, text=CONFIG + SENTRY)
        await scene(nudged)

    played(with_nudges, text=CONFIG + SENTRY)


def test_a_signed_delivery_makes_its_source_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of its content is believed: only the source looks."""

    async def scene(stage: Nudged) -> None:
        answer = await stage.call()
        assert (answer.status_code, answer.json()) == (200, {"outcome": "looking"})
        assert stage.nudged == LOOK
        assert stage.log.count("incident") == 1
        assert "script" not in str(stage.log.read("incident/1"))

    staged(scene, monkeypatch)


@pytest.mark.parametrize("key", ["another-secret", ""])
def test_a_forged_delivery_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody looks."""

    async def scene(stage: Nudged) -> None:
        assert (await stage.call(key=key)).status_code == 401
        assert (await stage.call(more={"sentry-hook-signature": "no hex"})).status_code == 401
        assert stage.nudged == []

    staged(scene, monkeypatch)


def test_a_delivery_is_good_once_and_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A captured one cannot be played again, with another time and another id neither: they are not signed."""

    async def scene(stage: Nudged) -> None:
        assert (await stage.call(age=600)).status_code == 403
        assert (await stage.call(more={"sentry-hook-timestamp": "yesterday"})).status_code == 403
        assert (await stage.call()).json() == {"outcome": "looking"}
        assert (await stage.call()).json() == {"outcome": "known"}
        assert (await stage.call(age=1, delivery="2")).json() == {"outcome": "known"}
        assert stage.nudged == LOOK

    staged(scene, monkeypatch)


def test_a_storm_of_deliveries_is_a_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has limits, and one look sees everything."""

    async def scene(stage: Nudged) -> None:
        for number in range(100):
            assert (await stage.call(said(number))).status_code == 200
        assert 1 <= len(stage.nudged) / len(LOOK) <= 7

    staged(scene, monkeypatch)


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read whole."""

    async def scene(stage: Nudged) -> None:
        assert (await stage.call(b"x" * (1024 * 1024 + 1))).status_code == 413

    staged(scene, monkeypatch)
