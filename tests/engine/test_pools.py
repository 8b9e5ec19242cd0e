"""One fault that opens an issue at every event is one incident, and is over when all of them are quiet."""

from __future__ import annotations

from datetime import timedelta

from rules.signal import Activity, IssueSignal
from tests.support import T0
from tests.theatre import RULES, Theatre
from tests.virtual import run
from watcher.observation import Sweep

BOOM = (
    RULES
    + "  - {id: boom, because: '{count} met it', signal: issue, certainty: scale, when: {any_text: boom}}\n"
)


def seen(minute: int, count: int, events: int = 1) -> Sweep:
    """Issues told apart by the id in their text alone, each with an event or none in the last minutes."""
    at = T0 + timedelta(minutes=minute)
    signals = tuple(
        IssueSignal(
            source="sentry:x",
            key=str(number),
            at=at,
            started_at=None,
            title=f"boom for order {number}",
            activity=(Activity(window=timedelta(minutes=5), events=events),),
        )
        for number in range(count)
    )
    return Sweep(source="sentry:x", at=at, signals=signals)


def test_unique_messages_of_one_fault_are_one_incident() -> None:
    """Nineteen events ring nobody; the twentieth makes one incident with one page, which says that they were counted together."""

    async def main() -> None:
        stage = await Theatre(rules=BOOM).start()
        await stage.engine.submit(seen(0, 19))
        await stage.pass_(seconds=30)
        assert stage.titles("ann-phone") == []
        await stage.engine.submit(seen(1, 20))
        await stage.pass_(seconds=30)
        assert len(stage.titles("ann-phone")) == 1
        assert len(stage.incident().watched) == 20
        assert any(
            "counted over 20 issues" in line
            for sign in stage.incident().opened.signs
            for line in sign.because
        )

    run(main())


def test_the_incident_recovers_when_the_fault_is_quiet() -> None:
    """When nothing happened in the window any more, every issue of the fault is clean, and five minutes later it recovered."""

    async def main() -> None:
        stage = await Theatre(rules=BOOM).start()
        await stage.engine.submit(seen(0, 20))
        for minute in range(1, 8):
            await stage.pass_(minutes=1)
            await stage.engine.submit(seen(minute, 20, events=0))
        await stage.pass_(minutes=1)
        assert stage.incident().status == "watching"

    run(main())
