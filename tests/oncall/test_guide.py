"""The guide to on-call: what it shows can be configured as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rules.yaml import compose
from tests.theatre import CONFIG
from watcher.config import Config, problems

GUIDE = Path(__file__).parents[2] / "docs" / "oncall.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_of_the_guide_is_a_good_configuration(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laid over the shop of the tests."""
    text = CONFIG.replace(', public_url: "https://watcher.shop.example"', "").replace(
        "on_call: {default: ann}\n", ""
    )
    if "contacts:" in block:
        text = re.sub(r"contacts:\n(?:  .*\n)+", "", text)
        block += "  cara: {role: cto, targets: [cara-phone]}\n"
    monkeypatch.setenv("ONCALL_CALENDAR", "https://calendar.example/private.ics")
    assert problems(compose(text + block, "watcher.yaml").check(Config)) == []


def test_the_guide_has_examples() -> None:
    """Else the test above would hold of nothing."""
    assert len(BLOCKS) >= 3
