"""SIGKILL at every point of a page's way: never lost, at most one repeat a kill, each marked."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.crash.stage import Stage

POINTS = [
    *((point, nth) for point in ("appending", "appended") for nth in (1, 2, 3)),
    *((point, 1) for point in ("sending", "sent", "recorded")),
]


@pytest.mark.parametrize(("point", "nth"), POINTS)
def test_a_kill_loses_nothing(tmp_path: Path, point: str, nth: int) -> None:
    """The daemon dies at a point, is started again, and the page arrives; a repeat is marked as one."""
    with Stage(tmp_path) as stage:
        stage.app.broken = True
        stage.start(point, nth)
        if not stage.died(4):  # the point is reached fewer times than that on the way of one page
            stage.end(signal.SIGKILL)
        stage.start()
        assert stage.listens(), stage.output.read_text()
        assert stage.pager.wait_for(lambda _: bool(stage.pages), 20), stage.output.read_text()
        assert stage.end(signal.SIGTERM) == 0, stage.output.read_text()
        assert stage.judge() == ""
