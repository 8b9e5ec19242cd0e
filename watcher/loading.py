"""Reading what governs: the configuration and the rulebook, whole or not at all, every fault at once."""

from __future__ import annotations

from pathlib import Path

from rules import load as rules
from rules.fault import Fault, Faults
from rules.yaml import document
from watcher.config import Config, problems
from watcher.opening import Governing
from watcher.settings.oncall import OnCall
from watcher.settings.runbook import SHIPPED, SUFFIX
from watcher.stamp import stamp
from watcher.view.runbook import ACTIONS


def read_config(path: Path) -> Config:
    """The configuration at a path; paths in it are relative to its folder. Raises Faults."""
    found = document(path)
    config = _rooted(found.check(Config), path.resolve().parent)
    faults = [found.fault(place, message) for place, message in problems(config)]
    if faults:
        raise Faults(faults)
    return config


def load(path: Path) -> Governing:
    """The configuration and the rulebook that it names. Raises Faults holding those of both."""
    faults: list[Fault] = []
    before = stamp([path])
    config = read_config(path)
    files = (path.absolute(), *config.rules.folders, *_templates(config))
    seen = stamp(files)
    if stamp([path]) != before:
        seen = ()  # changed while it was read: the next look sees a change
    try:
        rulebook = rules.load(
            config.rules.folders,
            use_builtin="builtin" in config.rules.use,
            non_production=config.rules.non_production,
        )
    except Faults as error:
        faults.extend(error.faults)
        raise Faults(faults) from None
    return Governing(config=config, rulebook=rulebook, files=files, stamp=seen)


def _rooted(config: Config, root: Path) -> Config:
    folders = tuple(root / folder for folder in config.rules.folders)
    return config.model_copy(
        update={
            "evidence": config.evidence.model_copy(update={"commands": _commands(config, root)}),
            "rules": config.rules.model_copy(update={"folders": folders}),
            "on_call": _on_call(config.on_call, root),
            "log": config.log.model_copy(update={"path": root / config.log.path}),
        }
    )


def _on_call(on_call: OnCall, root: Path) -> OnCall:
    """Only a calendar's file is a path."""
    if on_call.ical is None or on_call.ical.file is None:
        return on_call
    calendar = on_call.ical.model_copy(update={"file": root / on_call.ical.file})
    return on_call.model_copy(update={"ical": calendar})


def _commands(config: Config, root: Path) -> str | None:
    """What ships has a name; everything else is a folder."""
    named = config.evidence.commands
    return named if named is None or named in SHIPPED else str(root / named)


def _templates(config: Config) -> tuple[Path, ...]:
    """The team's own templates, which may change as the rules do."""
    named = config.evidence.commands
    if named is None or named in SHIPPED:
        return ()
    return tuple(Path(named) / f"{action}{SUFFIX}" for action in ACTIONS)
