"""What a page says is to be typed."""

from __future__ import annotations

import pytest

from tests.serve.front import KEY
from tests.support import T0
from tests.theatre import CONFIG, governing
from watcher.clock import Clock
from watcher.serve.links import Links
from watcher.serve.replies import sentence
from watcher.serve.replies.hint import Hint

CLOCK = Clock(T0.timestamp, lambda: 0.0)


@pytest.mark.parametrize(
    ("more", "holds_code"),
    [
        ("", False),
        ('reply: {ntfy: "http://127.0.0.1:1/t"}\n', True),
        ('mqtt: {url: "mqtt://127.0.0.1"}\n', True),
    ],
)
def test_a_code_stands_in_a_page_where_there_is_a_place_to_write_it(more: str, *, holds_code: bool) -> None:
    """Without a way by message a page shows the command alone, and no code leaves the daemon."""
    config = governing(CONFIG + more).config
    links = Links(KEY, lambda: None, CLOCK)
    said = Hint(links, lambda: config)("INC-7", 3, "ann")
    assert said.startswith("watcher ack INC-7")
    assert (links.code("INC-7", 3, "ann") in said) is holds_code


def test_the_end_of_the_line_is_the_sentence() -> None:
    """What stands behind the colon can be copied as it is."""
    config = governing(CONFIG + 'reply: {ntfy: "http://127.0.0.1:1/t"}\n').config
    said = Hint(Links(KEY, lambda: None, CLOCK), lambda: config)("INC-7", 3, "ann")
    found = sentence.read(said.rpartition(": ")[2])
    assert found is not None
    assert found.id == "INC-7"
