"""The guide to evidence: what it calls things is what they are called, and its configurations are ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.theatre import CONFIG, governing
from watcher.evidence import impact
from watcher.incident.knowledge import STATED

GUIDE = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
OPERATOR = tuple(
    f"users by {told_by}" for told_by in ("the configured number", "the configured address", "Prometheus")
)


def test_the_guide_names_every_measure_in_the_order_in_which_they_are_tried() -> None:
    """Whoever reads one of them in a page finds it there."""
    named = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.MULTILINE)
    assert tuple(named) == (
        impact.RELEASE_HEALTH,
        *OPERATOR,
        impact.SESSIONS_FAILED,
        impact.REQUESTS_FAILED,
        impact.PROBES,
        impact.UNKNOWN,
        impact.GLITCHTIP,
    )
    assert [way.__name__ for way in impact.WAYS] == [
        "by_release_health",
        "by_operator",
        "by_sessions",
        "by_probes",
    ]
    assert f"`{impact.EVERYWHERE}`" in GUIDE
    assert f"`{STATED}`" in GUIDE


@pytest.mark.parametrize("shown", CONFIGURATIONS)
def test_each_configuration_of_the_guide_is_one(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, beside the rest."""
    monkeypatch.setenv("STATS_TOKEN", "a-token-of-the-operator")
    evidence = governing(CONFIG + shown).config.evidence
    assert evidence.active_users is not None
    assert len(CONFIGURATIONS) == 3
