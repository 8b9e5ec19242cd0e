"""The page that somebody reads in the dark: what to do first, and what, who and the action before anything else."""

from __future__ import annotations

import pytest

from tests.view.six_nights import NIGHTS, shown

FIRST = {
    "a release nine minutes before": "ROLL BACK to 2.41.0",
    "the cause is known and quick to fix": "HOTFIX: ",
    "whether anything was deployed is unknown": "UNDECIDED. First: ",
    "a third party is down": "stripe is down: rollback will not help. First: ",
    "the release holds a migration": "DO NOT ROLL BACK YET: 2.41.1 holds a migration",
    "nothing was deployed": "Nothing deployed in ",
}


@pytest.mark.parametrize("name", NIGHTS)
def test_the_first_line_is_the_action_and_who_is_affected_follows(name: str) -> None:
    """The title says what; the first 200 characters below it hold the action and who is affected."""
    sent = shown(name)
    assert sent.title.startswith("INC-7 shop: ")
    assert sent.title.endswith("CallbackRouteError: sign in failed")
    assert sent.body.startswith(FIRST[name])
    assert "\nWho: " in sent.body[:200]


def test_a_command_stands_where_there_is_an_action_and_nowhere_else() -> None:
    """The rollback and the hotfix can be copied; where a person must think first there is nothing to paste."""
    typed = {name: "\nType: " in shown(name).body for name in NIGHTS}
    assert [name for name, has in typed.items() if has] == list(NIGHTS)[:2]
