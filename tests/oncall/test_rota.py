"""The rota over a reload and a new calendar: who is paged changes at once, and is said."""

from __future__ import annotations

import logging

import pytest

from tests.theatre import CONFIG, Theatre, governing
from tests.virtual import run
from watcher.observation import Sweep
from watcher.oncall.shift import Shift, kept
from watcher.rota import Rota

CALENDAR = "{default: ann, ical: {url: 'http://127.0.0.1/oncall.ics'}}"


def test_a_reload_keeps_the_calendar_and_says_whom_it_puts_on_call(caplog: pytest.LogCaptureFixture) -> None:
    """Another default counts at once; what the calendar said counts on, until the calendar is taken away."""

    async def main() -> None:
        stage = await Theatre().start()
        stage.governing = governing(CONFIG.replace("{default: ann}", CALENDAR))
        rota = Rota(stage.engine, stage.world.clock, lambda: stage.governing.config)
        rota.recall({})
        now = stage.world.clock.now()
        shift = Shift(begins=now, ends=now.replace(hour=12), person="bob", label="bob")
        rota.saw(Sweep(source="calendar", at=now, signals=(), memory={"shifts": kept([shift])}))
        rota.saw(Sweep(source="health:api", at=now, signals=()))
        assert rota.plan.person(now) == "bob"
        stage.governing = governing(CONFIG.replace("{default: ann}", CALENDAR.replace("ann", "cara")))
        rota.govern()
        assert rota.plan.person(now) == "bob"
        stage.governing = governing(CONFIG.replace("{default: ann}", "{default: cara}"))
        rota.govern()
        assert rota.plan.person(now) == "cara"
        await stage.crash()

    with caplog.at_level(logging.WARNING, "watcher.rota"):
        run(main())
    assert [record.getMessage() for record in caplog.records] == [
        "bob is on call now, no longer ann",
        "cara is on call now, no longer bob",
    ]
