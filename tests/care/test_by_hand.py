"""What people type to try the path of a page, against the real daemon, a real pager and real processes."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.crash.stage import ROOT
from tests.outside import App, Got, Pager, Served, reply
from tests.whole.stage import Watcher, ask, endpoint, holds, settings

FORM = "application/x-www-form-urlencoded"


class DeadMan(Served):
    """Counts the pings that it gets, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.paths.append(request.path)
        reply(request, 200, b"OK")


@pytest.fixture
def app() -> Iterator[App]:
    with App() as found:
        yield found


@pytest.fixture
def pager() -> Iterator[Pager]:
    with Pager() as found:
        yield found


def configured(folder: Path, app: App, pager: Pager, **more: Any) -> Watcher:
    watcher = Watcher(folder, "")
    plain = settings(
        pager.address,
        service={"name": "shop", "public_url": f"http://127.0.0.1:{watcher.port}"},
        health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
    )
    watcher.write({**plain, **more})
    return watcher


def answering(pager: Pager, wanted: Callable[[Got], bool]) -> threading.Thread:
    """A person who presses the button of the first page that is meant, as ann."""

    def press() -> None:
        pager.wait_for(lambda got: any(wanted(page) for page in got), 15)
        page = next(page for page in pager.got if wanted(page))
        link = re.search(r"http://127\.0\.0\.1:\d+/ack/\S+", page.text)
        assert link is not None, page.text
        status, _ = ask(link[0], urlencode({"who": "ann"}).encode(), FORM)
        assert status == 200

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_a_test_page_arrives_and_is_answered_by_its_link(tmp_path: Path, app: App, pager: Pager) -> None:
    """The receipt by target, then the person; and where nobody answers, exit 1 aloud."""
    with configured(tmp_path, app, pager) as watcher:
        taken = watcher.command("page-test", "--as", "bob")
        assert (taken.returncode, taken.stdout) == (0, "TEST-3 to ann:\n  phone: accepted\n"), taken.stderr
        assert pager.got[0].title == "TEST-3 shop: test page"
        assert "Acknowledge: http://" in pager.got[0].text
        thread = answering(pager, lambda page: page.title.startswith("TEST-5"))
        answered = watcher.command("page-test", "ann", "--ack", "--as", "bob", "--json")
        thread.join()
        assert answered.returncode == 0, answered.stderr
        assert json.loads(answered.stdout)["acknowledged_by"] == "ann"
        alone = watcher.command("page-test", "--ack", "--within", "500ms")
        assert (alone.returncode, "NOBODY ANSWERED IT" in alone.stdout) == (1, True)
        typed = watcher.command("ack", "TEST-8", "--as", "ann")
        assert (typed.returncode, typed.stdout) == (0, "TEST-8: ann answered it by api\n"), typed.stderr


def test_a_test_page_that_is_not_taken_says_so(tmp_path: Path, app: App, pager: Pager) -> None:
    """The real path fails, and the test button with it."""
    pager.status = 403
    with configured(tmp_path, app, pager) as watcher:
        found = watcher.command("page-test")
        assert (found.returncode, found.stdout) == (1, "TEST-3 to ann:\n  phone: failed\n"), found.stderr
        nobody = watcher.command("page-test", "mallory")
        assert (nobody.returncode, "known are ann" in nobody.stderr) == (1, True)


def test_a_drill_waits_for_a_person_and_ends_itself(tmp_path: Path, app: App, pager: Pager) -> None:
    """Who and how long; out of every response time; the day of the last drill is known, also after a restart."""
    with configured(tmp_path, app, pager) as watcher:
        before = watcher.metrics()
        thread = answering(pager, lambda page: "DRILL" in page.title)
        done = watcher.command(
            "drill", "--category", "outage", "the", "database", "is", "gone", "--as", "bob"
        )
        thread.join()
        assert done.returncode == 0, done.stderr
        assert re.search(r"INC-1: ann acknowledged after \d+ s", done.stdout), done.stdout
        assert holds(lambda: watcher.api("/incidents") == {"incidents": [], "suspicions": []})
        assert holds(lambda: watcher.metrics()["watcher_last_drill_timestamp_seconds"] > 0)
        moved = {k for k, v in watcher.metrics().items() if v != before.get(k)}
        assert moved <= {
            "watcher_last_drill_timestamp_seconds",
            *(
                k
                for k in moved
                if k.startswith(
                    (
                        "watcher_page_delivery_seconds",
                        "watcher_polls_",
                        "watcher_poll_",
                        "watcher_process_",
                    )
                )
            ),
        }
        drilled = watcher.metrics()["watcher_last_drill_timestamp_seconds"]
        watcher.end(9)
        watcher.start()
        assert watcher.ready(), watcher.said
        assert watcher.metrics()["watcher_last_drill_timestamp_seconds"] == drilled


def test_a_drill_that_nobody_answers_fails_aloud(tmp_path: Path, app: App, pager: Pager) -> None:
    """Exit 1; it is ended all the same, and no drill was held."""
    with configured(tmp_path, app, pager) as watcher:
        done = watcher.command("drill", "--category", "outage", "--within", "1s", "--speed", "60", "nobody")
        assert (done.returncode, "THE DRILL FAILED" in done.stderr) == (1, True)
        assert watcher.api("/incidents")["incidents"] == []
        assert watcher.metrics()["watcher_last_drill_timestamp_seconds"] == 0


def test_a_canary_that_fails_turns_the_health_red_and_stops_the_heartbeat(
    tmp_path: Path, app: App, pager: Pager
) -> None:
    """503 and a metric for whoever watches from outside, /fail for the dead-man service; why, for who may know."""
    with DeadMan() as dead_man:
        beat = {"url": f"http://{dead_man.address}/ping/uuid", "every": "1s"}
        with configured(tmp_path, app, pager, canary={"target": "phone"}, heartbeat=beat) as watcher:
            assert holds(lambda: dead_man.paths.count("/ping/uuid") >= 2), watcher.said
            assert dead_man.paths[0] == "/ping/uuid/start"
            assert watcher.get("/-/healthy")[0] == 200
            figures = watcher.metrics()
            assert figures["watcher_audit_ok"] == 1
            assert figures["watcher_last_canary_timestamp_seconds"] > 0
            assert figures["watcher_heartbeat_last_success_timestamp_seconds"] > 0
            pager.status = 404
            watcher.end(15)
            (tmp_path / "watcher.db").unlink()
            watcher.start()
            assert watcher.ready(), watcher.said
            assert holds(lambda: watcher.get("/-/healthy")[0] == 503), watcher.said
            health = json.loads(watcher.get("/-/healthy")[1])
            assert (health["ok"], health["turning"], health["broken"]) == (False, True, ["canary"])
            assert "phone" not in json.dumps(health)
            assert watcher.metrics()["watcher_audit_ok"] == 0
            assert holds(lambda: dead_man.paths[-1] == "/ping/uuid/fail")
            said = watcher.command("status")
            assert (said.returncode, "NOT WELL: the canary to phone was not taken" in said.stdout) == (
                1,
                True,
            )


def set_up(folder: Path, *options: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    words = [
        sys.executable,
        "-m",
        "watcher",
        "init",
        "--offline",
        "-c",
        str(folder / "watcher.yaml"),
        *options,
    ]
    return subprocess.run(
        words, cwd=ROOT, input=answers, capture_output=True, text=True, timeout=30, check=False
    )


def test_five_answers_make_a_watcher_that_pages(tmp_path: Path, app: App, pager: Pager) -> None:
    """What init wrote is checked, for its owner's eyes only, and runs as it is; the test page is on the phone."""
    phone, health = f"json://{pager.address}/", f"http://{app.address}/api/health"
    answers = f"shop\n{health}\nnone\n{phone}\nann\ny\n"
    done = set_up(tmp_path, answers=answers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [page.title for page in pager.got] == ["TEST-1 shop: test page"]
    assert phone not in done.stdout + (tmp_path / "watcher.yaml").read_text()
    modes = {
        p.name: stat.S_IMODE(p.stat().st_mode)
        for p in [*tmp_path.iterdir(), *(tmp_path / "secrets").iterdir()]
    }
    assert modes == {"watcher.yaml": 0o600, "secrets": 0o700, "phone_url": 0o600}
    watcher = Watcher(tmp_path, (tmp_path / "watcher.yaml").read_text())
    watcher.write(
        (tmp_path / "watcher.yaml").read_text() + f"serve: {{listen: '127.0.0.1:{watcher.port}'}}\n"
    )
    with watcher:
        assert watcher.command("page-test").returncode == 0


def test_options_stand_for_answers_and_nothing_is_overwritten(tmp_path: Path, app: App, pager: Pager) -> None:
    """A script asks no questions; a second time it is refused, and what is there stays."""
    options = ("--service", "shop", "--health-url", f"http://{app.address}/", "--sentry", "none")
    options = (*options, "--phone", f"json://{pager.address}/", "--name", "ann")
    assert set_up(tmp_path, *options).returncode == 0
    before = (tmp_path / "watcher.yaml").read_text()
    again = set_up(tmp_path, *options[:-1], "bob")
    assert (again.returncode, "nothing was overwritten" in again.stderr) == (2, True)
    assert (tmp_path / "watcher.yaml").read_text() == before
    assert len(pager.got) == 1


def test_a_folder_that_is_missing_is_said_before_the_questions(tmp_path: Path) -> None:
    """Nobody answers five of them for nothing."""
    done = set_up(tmp_path / "etc")
    assert (done.returncode, "make it: mkdir -p" in done.stderr) == (2, True), done.stderr
    assert "1. " not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path) -> None:
    """Every fault is named, no file and no secret stays, and no page is sent."""
    options = ("--service", "shop", "--health-url", "ftp://x", "--sentry", "none", "--name", "ann")
    done = set_up(tmp_path, *options, "--phone", "json://user:hunter2-planted@127.0.0.1:9/")
    assert done.returncode == 2
    assert "health.endpoints.0.url" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_is_not_taken_fails_the_setting_up(tmp_path: Path, app: App, pager: Pager) -> None:
    """The configuration stays, to be mended; the exit code says that the phone was not reached."""
    pager.status = 401
    options = ("--service", "shop", "--health-url", f"http://{app.address}/", "--sentry", "none")
    done = set_up(tmp_path, *options, "--phone", f"json://{pager.address}/", "--name", "ann")
    assert (done.returncode, "was not taken: refused, auth" in done.stdout) == (1, True), done.stdout
