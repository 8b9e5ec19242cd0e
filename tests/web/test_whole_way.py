"""A night with one incident in a real browser, from the link in the page to the post-mortem, by what is visible alone."""

from __future__ import annotations

import json
import re
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.outside import App, Pager
from tests.web.chromium import Look, Tab, needs_chromium, tab
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings

LOOKS = [
    Look(width=390, scheme="light", script=True),
    Look(width=1280, scheme="dark", script=True),
    Look(width=390, scheme="dark", script=False),
    Look(width=1280, scheme="light", script=False),
]
EVIDENCE = {
    "active_users": {"number": 1000},
    "commands": "kubernetes",
    "deployments": {"api": {"namespace": "prod", "image": "registry.example/api"}},
}


class Night:
    """A daemon that people reach by links and tokens, an application, and the phone that is paged."""

    def __init__(self, folder: Path, app: App, shop: App, pager: Pager, **more: Any) -> None:
        self.app, self.pager = app, pager
        self.token = secrets.token_hex(16)
        (folder / "token").write_text(self.token)
        self.watcher = Watcher(folder, "")
        config = settings(
            pager.address,
            service={"name": "shop", "public_url": self.address},
            contacts={"ann": {"targets": ["phone"]}, "bob": {"targets": ["phone"]}},
            serve={
                "listen": f"127.0.0.1:{self.watcher.port}",
                "tokens": {"cli": {"file": str(folder / "token")}},
            },
            health={
                "endpoints": [
                    endpoint("api", f"http://{app.address}/api/health"),
                    endpoint("web", f"http://{shop.address}/api/health"),
                ]
            },
            evidence=EVIDENCE,
            recovery={"clean_for": "2s", "watch_for": "3s"},
        )
        self.watcher.write(config | more)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.watcher.port}"

    def deployed(self, version: str, previous: str, minutes: int) -> None:
        """Whoever deploys says so."""
        at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        told = {
            "version": version,
            "previous": previous,
            "system": "api",
            "deployed_at": at,
            "migration": False,
        }
        self.ask("/deploys", told)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The API, with the token."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}", json.dumps({"as": "ci", **body}).encode(), headers
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def link(self, of: str = "INC-1") -> str:
        """What the receiver of the first page got."""
        assert self.pager.wait_for(lambda _: bool(incident_pages(self.pager, (of,))), 20), self.watcher.said
        page = next(got for got in self.pager.got if got.title.startswith(of))
        found = re.search(r"http://127\.0\.0\.1:\d+/ack/\S+", page.text)
        assert found is not None, page.text
        return found[0]

    def shown(self) -> dict[str, Any]:
        """`watcher show INC-1 --json`."""
        said = self.watcher.command("show", "INC-1", "--json")
        assert said.returncode == 0, said.stderr
        found: dict[str, Any] = json.loads(said.stdout)
        return found


@contextmanager
def night(folder: Path, **more: Any) -> Iterator[Night]:
    with App() as app, App() as shop, Pager() as pager:
        one = Night(folder, app, shop, pager, **more)
        with one.watcher:
            yield one


@needs_chromium
@pytest.mark.timeout(240)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_from_the_link_to_the_post_mortem(tmp_path: Path, look: Look) -> None:
    """Acknowledge, state the cause, see the recommendation turn, decide, deploy, verify, all clear; the command line agrees."""
    with night(tmp_path) as one, tab(look, "way") as eyes:
        assert holds(lambda: one.app.first_bad is None)
        one.deployed("2.41.1", "2.41.0", minutes=9)
        one.app.broken = True
        eyes.open(one.link())
        _acknowledge(one, eyes)
        _state(one, eyes)
        _decide(one, eyes)
        _deploy(one, eyes)
        _all_clear(one, eyes)
        _write_it_up(one, eyes)
        assert eyes.faults == []


def _look_at(eyes: Tab, what: str) -> None:
    """What holds of every page, at every step."""
    eyes.shoot(what)
    assert eyes.sideways() <= 0, what
    assert eyes.small() == [], what
    if eyes.look.script:
        assert eyes.grave() == [], what


def _acknowledge(one: Night, eyes: Tab) -> None:
    _look_at(eyes, "link")
    eyes.choose("Who are you?", "ann")
    eyes.tap("Acknowledge INC-1")
    assert eyes.sees("You have it.")
    assert eyes.sees("ROLL BACK to 2.41.0")
    _look_at(eyes, "acknowledged")
    shown = one.shown()
    assert (shown["acknowledged_by"], shown["recommendation"]["choice"]) == ("ann", "rollback")


def _state(one: Night, eyes: Tab) -> None:
    eyes.write("Root cause", "the pool of connections is too small")
    eyes.write("Minutes to fix it", "20")
    eyes.choose("Only this one system fails", "yes")
    eyes.unfold("More facts")
    eyes.choose("The previous release can still be deployed", "no")
    eyes.tap("State it")
    assert eyes.sees("HOTFIX")
    _look_at(eyes, "stated")
    assert one.shown()["recommendation"]["choice"] == "hotfix"


def _decide(one: Night, eyes: Tab) -> None:
    eyes.tap("Decide: hotfix")
    assert eyes.sees("Decided: hotfix.")
    _look_at(eyes, "decided")
    shown = one.shown()
    assert (shown["status"], shown["decided"]["choice"], shown["decided"]["by"]) == (
        "fixing",
        "hotfix",
        "ann",
    )


def _deploy(one: Night, eyes: Tab) -> None:
    one.app.broken = False
    eyes.write("Version that is out", "2.41.2")
    eyes.tap("It is deployed")
    assert eyes.sees("2.41.2")
    _look_at(eyes, "deployed")
    assert eyes.refreshed_until("It works again.") or eyes.sees("It is over.")
    shown = one.shown()
    assert shown["deployment"]["version"] == "2.41.2"
    assert shown["deployment"]["verification"] == "passed"


def _all_clear(one: Night, eyes: Tab) -> None:
    assert eyes.refreshed_until("It is over.")
    _look_at(eyes, "over")
    assert (one.shown()["status"], one.shown()["outcome"]) == ("resolved", "resolved")


def _write_it_up(one: Night, eyes: Tab) -> None:
    eyes.tap("Read the draft")
    assert eyes.sees("# Post-mortem INC-1")
    assert eyes.sees("the pool of connections is too small")
    _look_at(eyes, "post-mortem")
    eyes.tap("Back to INC-1")
    eyes.tap("The post-mortem is written")
    assert eyes.sees("its post-mortem is written")
    ticked = {item["item"]: item["by"] for item in one.shown()["checklist"] if item["done"]}
    assert ticked["postmortem"] == "ann"
