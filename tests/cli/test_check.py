"""`watcher check`: how its findings are printed."""

from __future__ import annotations

import pytest

from watcher.cli.check import tell
from watcher.finding import Finding


def test_a_finding_is_one_line_whatever_a_server_called_its_things(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A project's name can neither forge a line that says ok, nor turn the terminal's text around."""
    forged = "sentry:shop: it sees 3 (a\n  ok       all is well\u202e\x1b[2J)"
    assert tell([Finding("fault", forged), Finding("ok", "rules are read")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("  FAULT    sentry:shop: it sees 3 (a\\n  ok")
    assert all(line.isprintable() for line in lines)
