"""The operator's own number of active users: its three forms, and what is no number."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from tests.sources.sentry.stage import always, packed, server, world
from watcher.evidence import active
from watcher.evidence.active import NotTold
from watcher.settings.evidence import ActiveUsers, Evidence

VECTOR = {
    "status": "success",
    "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1795420800, "8123.4"]}]},
}
SCALAR = {"status": "success", "data": {"resultType": "scalar", "result": [1795420800, "77"]}}


def settings(**form: Any) -> ActiveUsers:
    return ActiveUsers.model_validate(form)


async def told(raw: Any, **form: Any) -> active.Active:
    """What a real server's answer is taken for."""
    answer = raw if callable(raw) else always(packed(200, raw))
    async with server(answer) as base:
        whole = {k: v.replace("BASE", base) if isinstance(v, str) else v for k, v in form.items()}
        return await active.ask(settings(**whole), world())


async def test_a_number_is_taken_as_it_is() -> None:
    """Nothing is asked."""
    assert (await active.ask(settings(number=9000), world())).users == 9000


async def test_an_address_answers_json_with_the_number_at_a_path() -> None:
    """Names and places, with dots between."""
    body = {"data": {"users": [{"active": "120"}]}}
    found = await told(body, url="BASE/stats", json="data.users.0.active")
    assert (found.users, found.told_by) == (120, "the configured address")


@pytest.mark.parametrize(("body", "users"), [(VECTOR, 8123), (SCALAR, 77)])
async def test_prometheus_answers_one_sample(body: dict[str, Any], users: int) -> None:
    """A vector of one, or a scalar."""
    found = await told(body, prometheus="BASE", query="sum(active)")
    assert (found.users, found.told_by) == (users, "Prometheus")


async def test_the_query_travels_whole() -> None:
    """With its braces and quotes."""
    asked: list[str] = []

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        asked.append(target)
        await always(packed(200, SCALAR))(target, {}, writer)

    await told(answer, prometheus="BASE/prom/", query='sum(active{job="a&b"})')
    path, _, query = asked[0].partition("?")
    assert path == "/prom/api/v1/query"
    assert httpx2.QueryParams(query)["query"] == 'sum(active{job="a&b"})'


TWO = {"status": "success", "data": {"resultType": "vector", "result": [VECTOR["data"]["result"][0]] * 2}}  # type: ignore[index]


@pytest.mark.parametrize(
    "raw",
    [
        always(packed(500, {"n": 5})),
        always(packed(302, {}, location="http://127.0.0.1:1/")),
        always(packed(200, b"<html>login</html>", "text/html")),
        always(packed(200, b'{"n":' * 20_000)),
        always(packed(200, b"9" * 300_000)),
        always(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"),
        {"n": 0},
        {"n": -4},
        {"n": True},
        {"n": "nan"},
        {"n": 1e300},
        {"n": [3]},
        {"m": 3},
        [3],
    ],
)
async def test_what_is_no_number_of_users_is_not_told(raw: Any) -> None:
    """Neither a nought nor a page of a login is a denominator."""
    with pytest.raises(NotTold):
        await told(raw, url="BASE/n", json="n")


@pytest.mark.parametrize("body", [TWO, {"status": "error"}, {"status": "success", "data": {"result": []}}])
async def test_several_samples_or_none_are_not_told(body: dict[str, Any]) -> None:
    """One number is asked for."""
    with pytest.raises(NotTold):
        await told(body, prometheus="BASE", query="up")


async def test_a_token_is_sent_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in what is raised nor in a log."""
    caplog.set_level(logging.DEBUG)
    token = "planted-token-of-the-operator"
    seen: list[str] = []

    async def answer(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        seen.append(headers["authorization"])
        await always(packed(500, {"detail": token}))(target, headers, writer)

    with pytest.raises(NotTold) as raised:
        await told(answer, url="BASE/n", json="n", token=SecretStr(token))
    assert seen == [f"Bearer {token}"]
    assert token not in f"{raised.value!r}{caplog.text}{settings(number=1, token=SecretStr(token))!r}"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"number": 0},
        {"number": 5, "url": "https://a.example/"},
        {"url": "https://a.example/"},
        {"json": "a"},
        {"prometheus": "https://p.example"},
        {"url": "https://a.example/", "json": "a", "query": "up"},
        {"url": "file:///etc/passwd", "json": "a"},
        {"url": "https://user:word@a.example/", "json": "a"},
    ],
)
def test_half_a_form_or_two_are_refused(form: dict[str, Any]) -> None:
    """One way to know the number, whole."""
    with pytest.raises(ValidationError):
        settings(**form)


def test_evidence_is_configured_with_safe_words() -> None:
    """A tag travels in a question; a component has a name."""
    known = Evidence.model_validate({"tier_tag": "plan", "external": ["stripe"], "deploy_window": "12h"})
    assert (known.tier_tag, known.external) == ("plan", ("stripe",))
    for bad in ({"tier_tag": "plan OR 1"}, {"external": [" "]}, {"tiers": "plan"}):
        with pytest.raises(ValidationError):
            Evidence.model_validate(bad)
