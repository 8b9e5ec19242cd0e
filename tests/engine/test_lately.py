"""What an incident covered stays known for as long as a source may still count it, over restarts."""

from __future__ import annotations

import pytest

from tests.engine.test_engine import LOST_RULES, lost
from tests.theatre import Theatre
from tests.virtual import run
from watcher.incident.command import Resolve
from watcher.log.memory import MemoryLog


async def counted(stage: Theatre, polls: int, seconds: float) -> None:
    """The source still counts in the last hour what happened once."""
    for _ in range(polls):
        await stage.engine.submit(lost(stage, 0, 1))
        await stage.pass_(seconds=seconds)


@pytest.mark.parametrize("restarts", [1, 2])
def test_what_was_closed_while_clean_opens_nothing_again_after_a_restart(restarts: int) -> None:
    """The hour's window still shows it to the life after: that is no news, and what happens anew is."""

    async def main() -> None:
        log = MemoryLog()
        stage = await Theatre(log, rules=LOST_RULES).start()
        await stage.engine.submit(lost(stage, 1, 1))
        await stage.pass_(seconds=1)
        await counted(stage, 14, 30)
        assert stage.incident().status == "watching"
        assert all(w.clean for w in stage.incident().watched.values())
        await stage.engine.ask("incident/1", Resolve(by="ann"))
        await stage.pass_(seconds=1)
        for _ in range(restarts):
            await stage.crash()
            stage = await Theatre(log, rules=LOST_RULES).start()
            await counted(stage, 15, 60)
            assert (log.count("incident"), stage.titles()) == (1, [])
        await stage.engine.submit(lost(stage, 1, 2))
        await stage.pass_(seconds=1)
        assert log.count("incident") == 2

    run(main())


def test_what_was_lately_is_forgotten_with_its_hour() -> None:
    """Seen again a day later it is news, though nothing fresh is counted: nobody had heard of this one."""

    async def main() -> None:
        log = MemoryLog()
        stage = await Theatre(log, rules=LOST_RULES).start()
        await counted(stage, 14, 30)
        await stage.engine.ask("incident/1", Resolve(by="ann"))
        await stage.crash()
        stage = await Theatre(log, rules=LOST_RULES).start()
        await stage.pass_(hours=24)
        await counted(stage, 1, 1)
        assert log.count("incident") == 2
        assert log.remembered("judge").get("lately", {}) == {}

    run(main())
