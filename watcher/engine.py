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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.clock import Clock
from watcher.hearing import Heard, carry_out
from watcher.inbox import Answered, Asked, Committed, Follower, Tally, answer, count, tell
from watcher.incident import outbox as box
from watcher.incident.command import Declare, LoseWatch, Refused, Report, Tick, Unsee
from watcher.incident.event import Event
from watcher.incident.machines import MACHINES, fold, kind_of
from watcher.incident.surroundings import DaemonStarted
from watcher.judge import Judge
from watcher.log import Append, Log, Row
from watcher.observation import Blind, Observation, Sweep
from watcher.roster import Roster
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
        self.streams: dict[str, Any] = {}
        self.turned_at: datetime | None = None
        self.looked: dict[str, datetime] = {}  # when each source last saw
        self._world = world
        self._clock: Clock = world.clock
        self._log = log
        self._heartbeat = heartbeat
        self._columns: dict[str, dict[str, Any]] = {}
        self._visited: dict[str, Any] = {}
        self._deadlines: dict[str, tuple[Any, datetime | None]] = {}  # by stream, with the state they are of
        self._unwritten: Turn | None = None
        self._alive_at = datetime.min.replace(tzinfo=UTC)
        self._inbox: asyncio.Queue[Observation | Asked] = asyncio.Queue(INBOX_MAX)
        self._stirred = asyncio.Event()
        self._followers: list[Follower] = []
        self._tallies: list[Tally] = []

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
        for stream in [*await offload(self._log.open_streams), "daemon", "deploys", "silences", "overrides"]:
            self.streams[stream] = await self._read(stream)
        self.judge.opening.begin(
            await offload(self._log.highest, "incident"), await offload(self._log.highest, "suspicion")
        )
        self.judge.recall(await offload(self._log.remembered, "judge"))
        turn = self._turn()
        turn.add("daemon", [DaemonStarted(at=turn.now, version=version, down_since=down_since)])
        if down_since is not None:
            self._absent(turn, down_since)
            for stream, state in self.streams.items():
                turn.add(stream, box.cut_off(state.outbox, turn.now))
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
        moments = [self._deadline(stream, state) for stream, state in self.streams.items()]
        return min([last + self._heartbeat, *(at for at in moments if at is not None and at > last)])

    def _deadline(self, stream: str, state: Any) -> datetime | None:
        """The stream's next moment; read anew only where the state has changed."""
        known = self._deadlines.get(stream)
        if known is None or known[0] is not state:
            known = (state, MACHINES[kind_of(stream)].deadline(state))
            self._deadlines[stream] = known
        return known[1]

    async def turn(self) -> None:
        """One turn, as in this module's first words."""
        items = self._drain()
        await self._visit(items)
        turn = self._turn()
        if (
            self.turned_at is not None and turn.now - self.turned_at > AWAY_AFTER
        ):  # suspended, or a clock that jumped
            self._absent(turn, self.turned_at)
        answers = [self._put(turn, item) for item in items]
        self._pass_time(turn)
        await self._commit(turn, answers)
        self._leave()
        if not self._inbox.empty():
            self._stirred.set()

    async def _visit(self, items: list[Observation | Asked]) -> None:
        """Read the finished streams that somebody asks about: a late receipt, a second `resolve`."""
        asked = {
            item.stream for item in items if isinstance(item, Asked) and item.stream
        } - self.streams.keys()
        for stream in asked:
            state = await self._read(stream)
            if state is not None:
                self._visited[stream] = state

    def _leave(self) -> None:
        """What was only visited is let go of."""
        for stream in self._visited.keys() - self.streams.keys():
            self._columns.pop(stream, None)
        self._visited.clear()

    async def _read(self, stream: str) -> Any:
        """The stream's state, its milestones beside it."""
        rows = await self._world.offload(self._log.read, stream)
        found = await self._world.offload(self._log.milestones, "incident", stream) if rows else ()
        for row in found:
            self._columns[stream] = dict(row)
        return fold(stream, [row.event for row in rows])

    def _drain(self) -> list[Observation | Asked]:
        items: list[Observation | Asked] = []
        with suppress(asyncio.QueueEmpty):
            while len(items) < TURN_MAX:
                items.append(self._inbox.get_nowait())
        return items

    def _turn(self) -> Turn:
        return Turn(self._clock.now(), self.roster, self._load)

    def _load(self, stream: str) -> tuple[Any, dict[str, Any]]:
        """The state of a stream that is live, visited, or has no events yet."""
        state = (
            self.streams.get(stream) or self._visited.get(stream) or MACHINES[kind_of(stream)].blank(stream)
        )
        return state, self._columns.get(stream, {})

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
        try:
            with turn.whole():
                return carry_out(turn, item.stream, item.command, self.judge.opening, self.streams)
        except (Refused, LookupError) as refusal:
            return refusal
        except Exception as error:  # a fault of one stream must not stop the others
            logger.exception(
                "a command could not be decided", extra={"event": "decide_failed", "id": item.stream}
            )
            return error

    def _pass_time(self, turn: Turn) -> None:
        for stream in {**self.streams, **turn.drafts}:
            state = turn.state(stream)
            at = self._deadline(stream, state) if state is not None else None
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
                self._keep(stream, draft.state)
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
        for item in batch:
            if item.columns:
                self._columns[item.stream] = dict(item.columns)
        return tuple(rows)

    def _keep(self, stream: str, state: Any) -> None:
        """Live streams stay in memory; a finished one is read again should somebody ask."""
        if MACHINES[kind_of(stream)].finished(state):
            for kept in (self.streams, self._deadlines, self._columns):
                kept.pop(stream, None)
        else:
            self.streams[stream] = state
