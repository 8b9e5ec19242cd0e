"""Rails: a page that is green, or red, and nothing else."""

from __future__ import annotations

import re

from rules.health.reading import Answer, Reading
from rules.signal import HealthState

PAGE_MAX = 500
"""Its page has seventy signs."""

STATES: dict[str, HealthState] = {"green": "up", "red": "down"}

_PAGE = re.compile(
    r"<body style=[\"']background(?:-color)?: ?(green|red);?[\"']>\s{0,20}</body>", re.IGNORECASE
)


def read(answer: Answer) -> Reading | None:
    """None where the body is another page. A failing status is down whatever the colour."""
    found = _PAGE.search(answer.text[:PAGE_MAX]) if answer.start == "<" else None
    if found is None:
        return None
    colour = found[1].casefold()
    state = "down" if answer.failed else STATES[colour]
    return Reading(state=state, because=(f"the page is {colour}",))
