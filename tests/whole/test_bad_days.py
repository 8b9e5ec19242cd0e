"""What goes wrong around the daemon: a wrong configuration, a full disk, a second daemon, a taken port, a hanging page."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.outside import App, Pager
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings

WRONG = """\
version: 1
service: {name: shop}
health:
  endpoints:
    - {name: api, url: "ftp://shop.example", every: 10}
    - {name: web, url: "http://127.0.0.1:9/", fail_aftre: 2}
contacts: {ann: {targets: [telephone]}}
targets: {phone: {apprise: "json://pager.example/secret-token", wakes: true}}
on_call: {default: bob}
serve: {listen: "127.0.0.1:PORT"}
"""


def place_of(word: str) -> str:
    """Line and column of a word in WRONG, both from 1."""
    before = WRONG.partition(word)[0]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.fixture
def app() -> Iterator[App]:
    with App() as running:
        yield running


@pytest.fixture
def pager() -> Iterator[Pager]:
    with Pager() as running:
        yield running


def watching(app: App, pager: Pager, **more: Any) -> dict[str, Any]:
    endpoints = [endpoint("api", f"http://{app.address}/api/health")]
    return settings(pager.address, health={"endpoints": endpoints}, **more)


def paged(pager: Pager, seconds: float = 10) -> bool:
    return pager.wait_for(lambda _: bool(incident_pages(pager)), seconds)


def test_a_wrong_configuration_starts_nothing_and_names_every_fault_with_its_place(tmp_path: Path) -> None:
    """Exit 2, the fault's line and column on stderr, all of them at once, no secret, no log, nobody listening."""
    watcher = Watcher(tmp_path, "")
    watcher.write(WRONG.replace("PORT", str(watcher.port)))
    watcher.start()
    assert watcher.ended() == 2
    for word in ('"ftp:', "10}", "fail_aftre", '"json:'):
        assert f"{watcher.config}:{place_of(word)}: " in watcher.said, watcher.said
    assert watcher.said.count(f"{watcher.config}:") == 4
    assert "Nothing was started." in watcher.said
    assert "secret-token" not in watcher.said
    assert "Traceback" not in watcher.said
    assert not (tmp_path / "watcher.db").exists()
    assert watcher.get("/-/ready")[0] == 0


def test_names_that_nothing_carries_are_faults_with_their_place(tmp_path: Path) -> None:
    """A person without a target and an on-call without a person would page nobody: exit 2 says so before the night."""
    config = settings("127.0.0.1:9", on_call={"default": "bob"}, contacts={"ann": {"targets": ["telephone"]}})
    watcher = Watcher(tmp_path, config | {"health": {"endpoints": [endpoint("api", "http://127.0.0.1:9/")]}})
    watcher.start()
    assert watcher.ended() == 2
    lines = [line for line in watcher.said.splitlines() if line.startswith(f"{watcher.config}:")]
    assert len(lines) == 2, watcher.said
    assert any("'telephone'" in line for line in lines)
    assert any("'bob'" in line for line in lines)


def test_a_log_that_cannot_be_written_is_said_with_the_mend(tmp_path: Path, app: App, pager: Pager) -> None:
    """Exit 3 (a service manager tries again) and one line that says which file and what to look at."""
    watcher = Watcher(tmp_path, watching(app, pager, log={"path": "/proc/nowhere/watcher.db"}))
    watcher.start()
    assert watcher.ended() == 3
    assert "the log /proc/nowhere/watcher.db cannot be opened: " in watcher.said
    assert "may this user write there?" in watcher.said
    assert "Nothing was started." in watcher.said
    assert "Traceback" not in watcher.said


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can be mounted by root alone, and not in every container")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Until nothing more goes in."""
    with suppress(OSError), (disk / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk_ends_the_watch_with_last_words(tmp_path: Path, app: App, pager: Pager) -> None:
    """The one who is on call hears that nobody watches, and what fails at this moment; then exit 3."""
    log = {"path": str(tmp_path / "disk" / "watcher.db")}
    config = watching(app, pager, log=log)
    with small_disk(tmp_path / "disk") as disk, Watcher(tmp_path, config) as watcher:
        fill(disk)
        app.broken = True
        assert watcher.ended(20) == 3, watcher.said
        assert pager.wait_for(bool, 1), watcher.said
        (page,) = pager.got
        assert "cannot be written" in page.text
        assert "failing now: INC-1 outage" in page.text
        assert "last_words" in watcher.said


def test_a_second_daemon_on_the_same_log_is_refused(tmp_path: Path, app: App, pager: Pager) -> None:
    """It ends with exit 3, names the process that watches, and the first one goes on."""
    (tmp_path / "second").mkdir()
    log = {"path": str(tmp_path / "watcher.db")}
    with Watcher(tmp_path, watching(app, pager, log=log)) as first:
        second = Watcher(tmp_path / "second", watching(app, pager, log=log))
        second.start()
        assert second.ended() == 3
        assert f"another daemon (process {first.pid}) already watches with the log" in second.said
        assert first.get("/-/healthy")[0] == 200


class Hanging(Pager):
    """Takes a page and never answers."""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        with self.arrived:
            self.got.append(None)  # type: ignore[arg-type]
            self.arrived.notify_all()
        request.rfile.read()


def test_a_stop_waits_neither_for_ever_nor_for_nothing(tmp_path: Path, app: App) -> None:
    """SIGTERM while a page hangs: exit 0 within five seconds; the page stays owed, and is sent after the next start."""
    app.broken = True
    patient = {"phone": {"apprise": "", "timeout": "30s", "wakes": True}}
    with Hanging() as hanging:
        patient["phone"]["apprise"] = f"json://{hanging.address}/"
        watcher = Watcher(tmp_path, watching(app, hanging, targets=patient))
        watcher.start()
        assert hanging.wait_for(bool, 10), watcher.said
        began = time.monotonic()
        assert watcher.end(signal.SIGTERM) == 0, watcher.said
        assert time.monotonic() - began < 5
    with Pager() as pager:
        watcher.write(watching(app, pager))
        with watcher:
            assert paged(pager), watcher.said
            assert "possibly a repeat" in pager.got[0].title + pager.got[0].text


def test_a_broken_reload_keeps_what_governs_and_a_good_one_is_taken(
    tmp_path: Path, app: App, pager: Pager
) -> None:
    """SIGHUP and the API say the same; the metric and the log tell of a refusal; a new endpoint is watched at once."""
    with App() as other, Watcher(tmp_path, watching(app, pager)) as watcher:
        good = watcher.config.read_text(encoding="utf-8")
        watcher.config.write_text(good.replace('"every"', '"evry"'), encoding="utf-8")
        watcher.signal(signal.SIGHUP)
        assert holds(lambda: watcher.metrics()["watcher_config_last_reload_successful"] == 0), watcher.said
        assert "reload_refused" in watcher.said
        status, answer = watcher.post("/reload", **{"as": "ann"})
        assert status == 422
        assert any(f"{watcher.config}:" in fault and "evry" in fault for fault in answer["faults"]), answer
        assert watcher.sees("health:api")
        endpoints = [endpoint(n, f"http://{a.address}/") for n, a in (("api", app), ("web", other))]
        watcher.write(watching(app, pager) | {"health": {"endpoints": endpoints}})
        watcher.signal(signal.SIGHUP)
        assert holds(lambda: watcher.metrics()["watcher_config_last_reload_successful"] == 1), watcher.said
        assert holds(lambda: "health:web" in {s["name"] for s in watcher.api("/status")["sources"]})
        other.broken = True
        assert paged(pager), watcher.said
        assert "web" in pager.got[0].title + pager.got[0].text


def test_where_the_port_is_taken_pages_still_go_out(tmp_path: Path, app: App, pager: Pager) -> None:
    """The web is a face; the watch needs none. The log says why nobody answers, and it listens once the port is free."""
    watcher = Watcher(tmp_path, watching(app, pager))
    with socket.create_server(("127.0.0.1", watcher.port)):
        watcher.start()
        app.broken = True
        assert paged(pager), watcher.said
        assert watcher.alive
        assert watcher.said.count("another program listens there") == 1
        assert "Traceback" not in watcher.said
    try:
        assert watcher.ready(), watcher.said
    finally:
        assert watcher.end(signal.SIGTERM) == 0
