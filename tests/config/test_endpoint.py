"""Endpoints as they are configured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from watcher.logs import concealed
from watcher.settings.endpoint import Endpoint, EndpointDefaults

PLAIN: dict[str, Any] = {"name": "api", "url": "https://shop.example/api/health"}


def test_defaults_fill_only_what_an_endpoint_does_not_say() -> None:
    """A value of the endpoint stands, also where it equals the usual one; the rest comes from the defaults."""
    defaults = EndpointDefaults.model_validate({"every": "30s", "timeout": "2s", "fail_after": 5})
    endpoint = defaults.fill(Endpoint.model_validate(PLAIN | {"every": "10s"}))
    assert (endpoint.every, endpoint.timeout, endpoint.fail_after) == (
        timedelta(seconds=10),
        timedelta(seconds=2),
        5,
    )
    assert endpoint.retry_every == timedelta(seconds=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "shop.example/health"},
        {"url": "ftp://shop.example/"},
        {"url": "https://"},
        {"url": "https://ann:secret@shop.example/"},
        {"url": "https://[::1"},
        {"name": "a b"},
        {"name": ""},
        {"every": 10},
        {"every": "1ms"},
        {"fail_after": 0},
        {"request": {"method": "DELETE"}},
        {"request": {"json": {}, "body": "x"}},
        {"request": {"expect": [99]}},
        {"evry": "10s"},
    ],
)
def test_what_cannot_be_meant_is_refused_without_showing_it(wrong: dict[str, Any]) -> None:
    """A wrong setting is refused, and the refusal never repeats a value that could be a secret."""
    with pytest.raises(ValidationError) as refusal:
        Endpoint.model_validate(PLAIN | wrong)
    assert "secret@" not in str(refusal.value)


def test_secrets_of_a_request_come_from_the_environment_and_never_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Headers, bodies and queries may hold secrets: no repr shows them, and the shown address has no query."""
    monkeypatch.setenv("PROBE_PASSWORD", "swordfish-9")
    request = {
        "method": "POST",
        "headers": {"x-key": "${PROBE_PASSWORD}"},
        "json": {"password": "${PROBE_PASSWORD}"},
    }
    endpoint = Endpoint.model_validate(
        PLAIN | {"url": "https://shop.example/h?t=${PROBE_PASSWORD}", "request": request}
    )
    assert endpoint.request.json_ is not None
    assert endpoint.request.json_.get_secret_value() == {"password": "swordfish-9"}
    assert endpoint.request.headers["x-key"].get_secret_value() == "swordfish-9"
    assert "swordfish" not in repr(endpoint) + str(endpoint) + endpoint.shown_url
    assert endpoint.url.endswith("swordfish-9")


def test_a_token_inside_a_header_is_concealed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service repeats the token without the word before it; the log shows neither, and still shows the host."""
    monkeypatch.setenv("LONE_TOKEN", "plum-harbour-tin")
    monkeypatch.setenv("LONE_WORD", "quartz-meadow-oar")
    monkeypatch.setenv("LONE_HOST", "shop-eu.example")
    request = {
        "method": "POST",
        "headers": {"authorization": "Bearer ${LONE_TOKEN}"},
        "json": {"a": ["x ${LONE_WORD}"]},
    }
    Endpoint.model_validate(PLAIN | {"url": "https://${LONE_HOST}/health", "request": request})
    said = "plum-harbour-tin of shop-eu.example, and quartz-meadow-oar"
    assert concealed(said) == "[secret] of shop-eu.example, and [secret]"
