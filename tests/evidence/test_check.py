"""What `watcher check` says of evidence before the night in which somebody depends on it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from tests import virtual
from tests.evidence.stage import HANGS, SENTRY, Server, active, ago, held, issue, met, release
from tests.sources.sentry.stage import TOKEN, always, packed, server
from tests.theatre import CONFIG, governing, world
from watcher.cli.check import check as command
from watcher.config import Config
from watcher.demo.glitchtip import glitchtip_app
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import State
from watcher.evidence import check
from watcher.finding import Finding

LOCAL = CONFIG.replace(', public_url: "https://watcher.shop.example"', "").replace("memory://", "json://")


def config(evidence: str, text: str = CONFIG) -> Config:
    return governing(f"{text}evidence: {evidence}\n").config


def asked(tracker: State, evidence: str = "{}", fails: Mapping[str, Any] | None = None) -> list[Finding]:
    """What the check says of one Sentry."""
    os.environ["EVIDENCE_TOKEN"] = TOKEN
    found: list[Finding] = []

    async def main() -> None:
        plain = world()
        served = Server(sentry_app(tracker, token=TOKEN, clock=plain.clock), fails)
        there = dataclasses.replace(plain, http=lambda: httpx2.ASGITransport(app=served))
        found.extend(await check.check(config(evidence, CONFIG + SENTRY), there))

    virtual.run(main())
    return found


def said(findings: list[Finding], level: str, words: str) -> bool:
    return any(finding.level == level and words in finding.text for finding in findings)


FULL = held(
    issue("7", *met(range(40), ago(minutes=50), tags={"plan": "premium"})),
    sessions=active(range(500), ago(minutes=55)),
    releases=(release("2.41.1", ago(minutes=9)),),
)


def test_a_sentry_that_tells_everything_is_ok() -> None:
    """Users on both sides, releases with their deploys, and the tag of a plan by its values."""
    found = asked(FULL, "{tier_tag: plan}")
    assert {finding.level for finding in found} == {"ok"}
    assert said(found, "ok", "errors of the last hours: 40, met by 40 users")
    assert said(found, "ok", "release health: 500 users in the last hours")
    assert said(found, "ok", "releases: 1, 1 with their deploys; the newest is shop@2.41.1")
    assert said(found, "ok", "the tag plan tells premium")


def test_a_tag_that_no_error_bears_is_a_note() -> None:
    """It may come with the first premium customer; nothing is to be mended."""
    found = asked(FULL, "{tier_tag: tier}")
    assert said(found, "ok", "note: no error of the last day bears the tag tier")


def test_what_a_sentry_does_not_tell_is_a_warning_with_its_mend() -> None:
    """No session, no release, no user: each says what stays unknown and what to do."""
    silent = held(issue("7", *(dataclasses.replace(one, user=None) for one in met(range(9), ago(minutes=5)))))
    found = asked(silent)
    assert said(found, "warning", "9 errors of the last hours name no user; call the SDK's set_user")
    assert said(found, "warning", "of how many stays unknown; name them under evidence.active_users")
    assert said(found, "warning", "it knows no release: without deploys no rollback is recommended")
    assert said(asked(silent, "{active_users: {number: 90}}"), "ok", "evidence.active_users stands in")


@pytest.mark.parametrize("answer", [403, 404, 500, HANGS])
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("acme/events/", "users over several issues, and shares, stay unknown"),
        ("/sessions/", "release health cannot be read"),
        ("/releases/", "releases cannot be read"),
    ],
)
def test_a_closed_endpoint_is_a_warning_and_spares_the_others(answer: int, end: str, words: str) -> None:
    """A scope that the token lacks shows before the night, and the rest is looked at all the same."""
    found = asked(FULL, fails={end: answer})
    assert said(found, "warning", words)
    assert sum(finding.level == "ok" for finding in found) == 2


def test_a_glitchtip_counts_nobody_and_that_is_said_once() -> None:
    """Nothing else is asked of it."""
    os.environ["EVIDENCE_TOKEN"] = TOKEN
    found: list[Finding] = []

    async def main() -> None:
        plain = world()
        app = glitchtip_app(held(), token=TOKEN, clock=plain.clock)
        there = dataclasses.replace(plain, http=lambda: httpx2.ASGITransport(app=app))
        found.extend(await check.check(config("{}", CONFIG + SENTRY), there))

    virtual.run(main())
    (only,) = found
    assert (only.level, "GlitchTip counts no users" in only.text) == ("warning", True)


@pytest.mark.parametrize(
    ("raw", "level", "words"),
    [
        (packed(200, {"n": 4321}), "ok", "4321, by the configured address"),
        (packed(200, {"m": 4321}), "fault", "no single number"),
        (packed(200, b"<html>login</html>", "text/html"), "fault", "not JSON"),
        (packed(404, {}), "fault", "it answers 404"),
        (packed(503, {}), "warning", "it answers 503"),
    ],
)
async def test_active_users_are_asked_for_now(raw: bytes, level: str, words: str) -> None:
    """A typing error is a fault, a server that is down just now may be meant."""
    async with server(always(raw)) as base:
        plain = dataclasses.replace(world(), http=lambda: httpx2.AsyncHTTPTransport(trust_env=False))
        (finding,) = await check.check(config(f'{{active_users: {{url: "{base}/n", json: n}}}}'), plain)
    assert (finding.level, words in finding.text) == (level, True), finding


async def test_an_address_that_nobody_answers_is_a_warning() -> None:
    """With neither the address nor what was sent in its words."""
    (finding,) = await check.check(
        config('{active_users: {prometheus: "http://stats.example/secret-path", query: up}}'), world()
    )
    assert finding.level == "warning"
    assert "no connection" in finding.text
    assert "secret-path" not in finding.text


@pytest.mark.parametrize(
    ("evidence", "level", "words"),
    [
        ("{external: [stripe]}", "ok", "stripe, where a health body names it as failing"),
        ("{external: [stripe, API]}", "warning", "API is a system or endpoint of yours"),
        ("{deploy_window: 2h}", "warning", "2h is short: the decision looks back 1d"),
        ("{deployments: {web: {namespace: prod}}}", "warning", "no page will say what to type"),
        (
            "{commands: kubernetes, deployments: {web: {namespace: prod}}}",
            "ok",
            "a rollback of web to 1.2.3 begins: kubectl -n prod rollout undo deployment/web",
        ),
    ],
)
def test_what_the_configuration_alone_tells(evidence: str, level: str, words: str) -> None:
    """Each key that can be wrong in a way that no schema sees."""
    (finding,) = check.of_config(config(evidence))
    assert (finding.level, words in finding.text) == (level, True), finding


def test_a_configuration_without_evidence_has_nothing_to_say_of_it() -> None:
    """No finding about a key that nobody wrote."""
    assert list(check.of_config(config("{}"))) == []


def test_third_parties_that_nothing_could_name_are_a_warning() -> None:
    """They are recognised in health bodies alone."""
    text = CONFIG[: CONFIG.index("health:")] + CONFIG[CONFIG.index("contacts:") :] + SENTRY
    os.environ["EVIDENCE_TOKEN"] = TOKEN
    (finding,) = check.of_config(config("{external: [stripe]}", text))
    assert (finding.level, "nothing can name stripe" in finding.text) == ("warning", True)


@pytest.mark.parametrize(
    ("evidence", "code", "words"),
    [
        ("{commands: nowhere, deployments: {web: {}}}", 2, "evidence.commands: "),
        ("{commands: own, deployments: {web: {}}}", 2, "the rollback commands cannot be filled"),
        ("{tier_tag: plan OR 1}", 2, "evidence.tier_tag: "),
        ("{active_users: {number: 0}}", 2, "evidence.active_users.number: "),
        ("{deploy_window: 31d}", 2, "evidence.deploy_window: "),
        ("{commands: compose, deployments: {web: {}}}", 0, "begins: TAG=1.2.3 docker compose up"),
    ],
)
def test_the_command_says_it_with_its_place(evidence: str, code: int, words: str, tmp_path: Path) -> None:
    """A folder that is missing, a template that is broken, a word of a wrong kind: file, line and key."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "rollback.j2").write_text("# Go back\nmake {{ nothing }}\n")
    (own / "hotfix.j2").write_text("# Fix\nmake\n")
    path = tmp_path / "watcher.yaml"
    path.write_text(f"{LOCAL}evidence: {evidence}\n")
    done = CliRunner().invoke(command, ["-c", str(path), "--offline"])
    assert done.exit_code == code, done.output
    assert words in done.output
    assert code == 0 or f"{path}:" in done.output
