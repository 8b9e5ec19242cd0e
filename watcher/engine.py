"""The engine: one inbox in, one log out. The only writer.

One turn:
1. drain the inbox, at most TURN_MAX items; 2. read the time once; 3. judge what was seen and put each command to its
stream; 4. let time act on every stream whose moment has come; 5. append everything in one transaction; 6. answer those
who asked, tell the followers.
A turn happens at least every `heartbeat`, and writes that it did: proof that the writer lives and the disk takes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.clock import Clock
from watcher.hearing import Heard, carry_out
from watcher.inbox import Answered, Asked, Committed, Follower, Tally, answer, count, tell
from watcher.incident.command import Declare, LoseWatch, Record, Refused, Report, Tick, Unsee
from watcher.incident.event import Event
from watcher.incident.machines import kind_of
from watcher.incident.receipts import bare, cut_off
from watcher.incident.surroundings import DaemonStarted
from watcher.judge import Judge
from watcher.log import Append, Log, Row
from watcher.observation import Blind, Observation, Sweep
from watcher.roster import Roster
from watcher.streams import Streams
from watcher.turn import Turn
from watcher.world import World

logger = logging.getLogger(__name__)

INBOX_MAX = 10_000
"""About 5 MB of observations; a source that finds it full waits."""
TURN_MAX = 1000
"""A turn commits in milliseconds; nobody waits behind more than this."""
HEARTBEAT = timedelta(seconds=30)
TICK = timedelta(milliseconds=1)
"""A life begins after whatever the former one wrote, also where the wall clock was set back: what is older is told apart."""
AWAY_AFTER = timedelta(minutes=1)
"""A restart is no absence; after a longer one nobody climbs a ladder before a fresh look."""


class Engine:
    """Owns the states of all live streams. `run` never ends but by an error: then the daemon must end too."""

    def __init__(
        self, world: World, log: Log, judge: Judge, roster: Roster, *, heartbeat: timedelta = HEARTBEAT
    ) -> None:
        self.judge = judge
        self.roster = roster
        self.turned_at: datetime | None = None
        self.looked: dict[str, datetime] = {}  # when each source last saw
        self._world = world
        self._clock: Clock = world.clock
        self._log = log
        self._heartbeat = heartbeat
        self._streams = Streams(log, world.offload)
        self._unwritten: Turn | None = None
        self._alive_at = datetime.min.replace(tzinfo=UTC)
        self._inbox: asyncio.Queue[Observation | Asked] = asyncio.Queue(INBOX_MAX)
        self._stirred = asyncio.Event()
        self._turning = asyncio.Lock()
        self._followers: list[Follower] = []
        self._tallies: list[Tally] = []

    @property
    def streams(self) -> dict[str, Any]:
        """The state of every live stream."""
        return self._streams.live

    def follow(self, follower: Follower) -> None:
        """Be told after each turn, on the loop; must be quick and must not raise."""
        self._followers.append(follower)

    def tally(self, tally: Tally) -> None:
        """Commit counters along with what they count."""
        self._tallies.append(tally)

    async def submit(self, observation: Observation) -> None:
        """Hand in what a source saw; waits while the inbox is full."""
        await self._inbox.put(observation)
        self._stirred.set()

    async def ask(self, stream: str, command: object) -> list[Event]:
        """Put a command to a stream and wait until what follows is durable.

        Raises Refused with the reason, LookupError where there is no such stream.
        """
        events: list[Event] = await self._put_in(stream, command)
        return events

    async def hear(self, command: Declare | Report) -> Heard:
        """What a person says of no stream yet; answers what became of it, durable."""
        heard: Heard = await self._put_in("", command)
        return heard

    async def _put_in(self, stream: str, command: object) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        await self._inbox.put(Asked(stream, command, answer))
        self._stirred.set()
        return await answer

    @property
    def waiting(self) -> int:
        """How many observations and commands have not been drained yet."""
        return self._inbox.qsize()

    def states(self) -> list[Any]:
        """Every live stream as it is, with what the last turn added even where that could not be written."""
        unwritten = {s: draft.state for s, draft in self._unwritten.drafts.items()} if self._unwritten else {}
        return list({**self.streams, **unwritten}.values())

    async def start(self, version: str) -> None:
        """Read what is open, and record that we watch again, and how long nobody did."""
        offload = self._world.offload
        last = await offload(self._log.last_at)
        alive = (await offload(self._log.remembered, "daemon")).get("alive")
        down_since = max(filter(None, (last, datetime.fromisoformat(alive) if alive else None)), default=None)
        if down_since is not None:
            self._clock.not_before(down_since + TICK)
        await self._streams.open("daemon", "deploys", "silences", "overrides")
        self.judge.opening.begin(
            await offload(self._log.highest, "incident"), await offload(self._log.highest, "suspicion")
        )
        self.judge.recall(await offload(self._log.remembered, "judge"))
        turn = self._turn()
        turn.add("daemon", [DaemonStarted(at=turn.now, version=version, down_since=down_since)])
        if down_since is not None:
            self._absent(turn, down_since)
            for stream, state in self.streams.items():
                turn.add(stream, cut_off(state.outbox, turn.now))
        await self._commit(turn, [])

    async def run(self) -> None:
        """Turn after turn."""
        while True:
            await self._clock.wait(self._next_turn(), self._stirred)
            self._stirred.clear()
            await self.turn()

    def _next_turn(self) -> datetime:
        """The next heartbeat, or the next moment that a stream waits for. What had come by the last turn is done."""
        last = self.turned_at or self._clock.now()
        return min([last + self._heartbeat, *(at for at in self._streams.moments() if at > last)])

    async def turn(self) -> None:
        """One turn, as in this module's first words."""
        async with self._turning:
            await self._one_turn()
        if not self._inbox.empty():
            self._stirred.set()

    async def between(self, deletion: Callable[[Log], int]) -> int:
        """Let the log forget something between two turns, so that no turn that has read it writes on. Answers how many."""
        async with self._turning:
            gone: int = await self._world.offload(deletion, self._log)
        return gone

    async def _one_turn(self) -> None:
        items = self._drain()
        await self._streams.visit(item.stream for item in items if isinstance(item, Asked) and item.stream)
        turn = self._turn()
        if (
            self.turned_at is not None and turn.now - self.turned_at > AWAY_AFTER
        ):  # suspended, or a clock that jumped
            self._absent(turn, self.turned_at)
        answers = [self._put(turn, item) for item in items]
        self._pass_time(turn)
        await self._commit(turn, answers)
        self._streams.leave()

    def _drain(self) -> list[Observation | Asked]:
        items: list[Observation | Asked] = []
        with suppress(asyncio.QueueEmpty):
            while len(items) < TURN_MAX:
                items.append(self._inbox.get_nowait())
        return items

    def _turn(self) -> Turn:
        return Turn(self._clock.now(), self.roster, self._streams.load)

    def _put(self, turn: Turn, item: Observation | Asked) -> Answered | None:
        """Put one item to the turn; a command's answer waits for the commit."""
        if isinstance(item, Asked):
            return item, self._decide(turn, item)
        try:
            with turn.whole():
                self._look(turn, item)
        except Exception:  # one source's fault must not stop the others, nor the writer
            logger.exception(
                "a look could not be taken in", extra={"event": "look_failed", "id": item.source}
            )
            self._not_seen(turn, item)
        return None

    def _not_seen(self, turn: Turn, item: Observation) -> None:
        """What could not be taken in was not seen: the source is blind, which is shown, and told when it lasts."""
        blind = Blind(
            source=item.source, at=item.at, reason="silent", detail="what it saw could not be taken in"
        )
        with suppress(Exception), turn.whole():
            self.judge.look(turn, blind, self.streams)

    def _look(self, turn: Turn, item: Observation) -> None:
        self.judge.look(turn, item, self.streams)
        if isinstance(item, Sweep):
            turn.memory.update({(item.source, key): value for key, value in item.memory.items()})
            self.looked[item.source] = turn.now

    def _decide(self, turn: Turn, item: Asked) -> object:
        judge = self.judge
        try:
            with turn.whole():
                return carry_out(turn, item.stream, item.command, judge.opening, judge.shadow, self.streams)
        except (Refused, LookupError) as refusal:
            return refusal
        except Exception as error:  # a fault of one stream must not stop the others
            logger.exception(
                "a command could not be decided", extra={"event": "decide_failed", "id": item.stream}
            )
            return (
                self._record_bare(turn, item.stream, item.command)
                if isinstance(item.command, Record)
                else error
            )

    def _record_bare(self, turn: Turn, stream: str, command: Record) -> object:
        """A receipt that cannot be decided upon: what became of the page all the same, without what follows from it."""
        try:
            with turn.whole():
                return turn.add(stream, bare(turn.state(stream).outbox, command, turn.now))
        except Exception as error:  # the lane that sent it keeps it back for a while
            logger.exception(
                "a receipt could not be recorded", extra={"event": "record_failed", "id": stream}
            )
            return error

    def _pass_time(self, turn: Turn) -> None:
        for stream in {**self.streams, **turn.drafts}:
            state = turn.state(stream)
            at = self._streams.deadline(stream, state) if state is not None else None
            if at is not None and at <= turn.now:
                self._tick(turn, stream)

    def _tick(self, turn: Turn, stream: str) -> None:
        try:
            with turn.whole():
                turn.decide(stream, Tick())
        except Exception:  # same
            logger.exception("time could not act", extra={"event": "tick_failed", "id": stream})

    def _absent(self, turn: Turn, since: datetime) -> None:
        """Nobody watched since then. In one command: time must not act between."""
        away = turn.now - since > AWAY_AFTER
        command = LoseWatch(because="down", since=since) if away else Unsee(source=None, since=since)
        self._each_incident(turn, command)

    def _each_incident(self, turn: Turn, command: object) -> None:
        for stream in [s for s in self.streams if kind_of(s) == "incident"]:
            try:
                with turn.whole():
                    turn.decide(stream, command)
            except Exception:  # same: a start must not fail for one incident, again and again
                logger.exception(
                    "an incident could not be told", extra={"event": "tell_failed", "id": stream}
                )

    async def _commit(self, turn: Turn, answers: list[Answered | None]) -> None:
        self.judge.opening.remember(turn)
        self._unwritten = turn
        rows = await self._append(turn, turn.batch())
        self._unwritten = None
        self.turned_at = turn.now
        for stream, draft in turn.drafts.items():
            if draft.events:
                self._streams.keep(stream, draft.state)
        for asked, result in filter(None, answers):
            answer(asked, result)
        committed = Committed(turn.now, rows, self.streams)
        for follower in self._followers:
            tell(follower, committed)

    async def _append(self, turn: Turn, batch: list[Append]) -> tuple[Row, ...]:
        """Commit what there is; where there is nothing, at least now and then that we are alive."""
        if not batch and not turn.memory and turn.now - self._alive_at < self._heartbeat / 2:
            return ()
        memory = {**turn.memory, ("daemon", "alive"): turn.now.isoformat()}
        for tally in self._tallies:
            memory.update(count(tally, batch))
        self._world.reached("appending")
        rows = await self._world.offload(self._log.append, batch, memory)
        self._world.reached("appended")
        self._alive_at = turn.now
        self._streams.committed(batch)
        return tuple(rows)
