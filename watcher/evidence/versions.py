"""What the health bodies tell beside their state: the version that runs, and the components that fail. Holds it; no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from rules.signal import HealthSignal
from watcher.evidence.changes import Running, look
from watcher.incident.deploys import ReportDeploy
from watcher.incident.release import same
from watcher.incident.surroundings import DeployReported
from watcher.observation import Observation, Sweep


class Bodies:
    """The last word of each health endpoint. As many as are configured."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._failed: dict[str, tuple[str, ...]] = {}

    def saw(self, observation: Observation) -> list[ReportDeploy]:
        """Take in a look; answers the deploys that it shows."""
        if not isinstance(observation, Sweep):
            return []
        told = [self._one(s) for s in observation.signals if isinstance(s, HealthSignal)]
        return [deploy for deploy in told if deploy is not None]

    def _one(self, signal: HealthSignal) -> ReportDeploy | None:
        self._failed[signal.source] = signal.failed_components if signal.state != "up" else ()
        running, changed = look(self._running.get(signal.source), signal.version, signal.at)
        if running is not None:
            self._running[signal.source] = running
        if changed is None:
            return None
        return ReportDeploy(
            version=changed.version,
            previous=changed.previous,
            system=signal.system,
            environment=signal.environment or "production",
            deployed_at=changed.at,
            migration=None,
            told_by=signal.source,
        )

    def failed(self, source: str) -> tuple[str, ...]:
        """The components that the endpoint named as failing at its last look."""
        return self._failed.get(source, ())

    def forget(self, sources: Sequence[str]) -> None:
        """Keep these alone: the others are configured no more."""
        self._running = {name: one for name, one in self._running.items() if name in sources}
        self._failed = {name: one for name, one in self._failed.items() if name in sources}


def told_already(deploy: ReportDeploy, recent: Sequence[DeployReported]) -> bool:
    """Whether the last deploy that was told to this place is this one: a CI job is quicker than a health body."""
    here = [
        one for one in recent if one.environment == deploy.environment and one.system in (None, deploy.system)
    ]
    return bool(here) and same(here[-1].version, deploy.version)
