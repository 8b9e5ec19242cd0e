"""What an event adds to the counters."""

from __future__ import annotations

from datetime import timedelta

from tests.support import T0
from watcher.incident.responding import CheckpointMet, CheckpointMissed
from watcher.serve.metrics.tallies import increments


def test_a_checkpoint_is_met_in_time_or_missed_and_never_both() -> None:
    """What is met late was missed, and is counted as that alone."""
    due = T0 + timedelta(minutes=10)
    in_time = CheckpointMet(at=T0, checkpoint="assessed", due=due)
    missed = CheckpointMissed(at=due, checkpoint="decided", due=due)
    late = CheckpointMet(at=due, checkpoint="decided", due=due, late=timedelta(minutes=2))
    found = list(increments((in_time, missed, late)))
    assert found == [("checkpoints_total", "assessed", "met"), ("checkpoints_total", "decided", "missed")]
