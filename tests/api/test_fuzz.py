"""What schemathesis makes of the document, asked of a real daemon: the short run; `python -m bench.fuzz` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.api.fuzzing import fuzz


def test_no_strange_request_is_our_own_fault_or_answered_otherwise_than_told(tmp_path: Path) -> None:
    """No 5xx, nothing that the document refuses is taken, nothing is done without a token."""
    found = fuzz(tmp_path, "-n", "4", "--seed", "1", "--phases", "examples,coverage,fuzzing", seconds=100)
    assert found.status == 0, found.said
    assert found.healthy
    assert found.faultless
