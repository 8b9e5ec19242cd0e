"""Times in a page, on two clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.theatre import CONFIG, Theatre
from tests.virtual import run
from watcher.zoned import zoned

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "near", "wanted"),
    [
        ("since 03:12 UTC", "Europe/Berlin", "2026-11-25T03:14", "since 03:12 UTC (04:12 Berlin)"),
        ("since 03:12 UTC", "Europe/Berlin", "2026-07-25T03:14", "since 03:12 UTC (05:12 Berlin)"),
        ("since 03:12 UTC", "America/New_York", "2026-11-25T03:14", "since 03:12 UTC (22:12 New York)"),
        ("since 03:12 UTC", "Europe/London", "2026-11-25T03:14", "since 03:12 UTC"),
        ("since 03:12 UTC", "UTC", "2026-11-25T03:14", "since 03:12 UTC"),
        ("00:30 UTC", "Europe/Berlin", "2026-10-25T02:00", "00:30 UTC (02:30 Berlin)"),
        ("23:50 UTC", "Europe/Berlin", "2026-10-26T00:05", "23:50 UTC (00:50 Berlin)"),
        ("23:50 UTC", "Europe/Berlin", "2026-10-25T00:05", "23:50 UTC (01:50 Berlin)"),
        ("at 25:00 UTC, 103:12 UTC, 03:12:44 UTC", "Europe/Berlin", "2026-11-25T03:14", None),
    ],
)
def test_a_time_is_said_on_both_clocks(text: str, zone: str, near: str, wanted: str | None) -> None:
    """Summer and winter, the day before, and the night in which the clock is set back; what is no time stays."""
    at = datetime.fromisoformat(near).replace(tzinfo=UTC)
    assert zoned(text, ZoneInfo(zone), at) == (wanted or text)


def test_a_page_speaks_on_the_clock_of_those_on_call_where_one_is_named() -> None:
    """In UTC first: that is what colleagues elsewhere, the log and the other tools show."""

    async def main(text: str) -> str:
        stage = await Theatre(text=text).start()
        await stage.probe()
        await stage.pass_(seconds=1)
        return " ".join(stage.sender.pages("ann-phone")[0].lines)

    named = CONFIG.replace("on_call: {default: ann}", "on_call: {default: ann, zone: Europe/Berlin}")
    assert "03:00 UTC (04:00 Berlin)" in run(main(named))
    assert "Berlin" not in run(main(CONFIG))
