"""Another program fills the disk of the log, and then the application breaks. Needs root: a small disk is mounted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.outside import App, Pager, Served, read_body
from tests.whole.stage import Watcher, endpoint, incident_pages, settings

SIZE = "2m"
HANGS_FOR = "2s"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        reason = f"a small disk can be mounted by root alone: {mounted.stderr.strip()}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """To the last byte, as a log file that nobody rotates does."""
    with suppress(OSError), (disk / "other.log").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


class Hanging(Served):
    """Takes what is posted, and never answers while the other side waits."""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        read_body(request)
        request.rfile.read()


def test_a_phone_that_hangs_does_not_keep_the_last_words_from_the_other(tmp_path: Path) -> None:
    """An incident is open when the disk is full: whoever can be reached hears of it, in words; then exit 3."""
    with App() as app, Pager() as pager, Hanging() as hanging, small_disk(tmp_path / "disk") as disk:
        phones = {
            "stuck": {"apprise": f"json://{hanging.address}/", "timeout": HANGS_FOR, "wakes": True},
            "phone": {"apprise": f"json://{pager.address}/", "timeout": "5s", "wakes": True},
        }
        config = settings(
            pager.address,
            health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]},
            targets=phones,
            contacts={"ann": {"targets": list(phones)}},
            log={"path": str(disk / "watcher.db")},
        )
        with Watcher(tmp_path, config) as watcher:
            app.broken = True
            assert pager.wait_for(lambda _: bool(incident_pages(pager)), 10), watcher.said
            fill(disk)
            assert watcher.ended(30) == 3, watcher.said
            words = [got for got in pager.got if "cannot be written" in got.text]
            assert len(words) == 1, watcher.said
            assert "failing now: INC-1 outage" in words[0].text
            assert "last words: 1 accepted" in watcher.said
