"""Where the daemon is and with which token, as its configuration says; only what is needed for that is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from watcher.cli.ending import USAGE, end

PLACES = (Path("watcher.yaml"), Path("/etc/watcher/watcher.yaml"))
"""Where a configuration is looked for when nothing says where the daemon is."""

REPORTER = "report"
"""The token that may report and nothing else: not the one for people."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a configuration says of its daemon: its URL, a token, and the log that can be read without it."""

    url: str
    token: str | None = field(default=None, repr=False)
    log: Path | None = None


def lying_about() -> Path | None:
    """The configuration of this folder or this machine, if this user may read one.

    Somebody else's is not taken unasked: it could send the token wherever it likes.
    """
    return next((place for place in PLACES if _trusted(place)), None)


def _trusted(place: Path) -> bool:
    try:
        return place.is_file() and place.stat().st_uid in (0, os.getuid()) and os.access(place, os.R_OK)
    except OSError:
        return False


def plausible(url: str) -> bool:
    """Whether anything can be asked there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def configured(config: Path, *, with_token: bool) -> Address:
    """Where the daemon of a configuration listens, and the token called `cli`, else the first that may act.

    The other secrets are not read: they may be out of this user's reach.
    """
    from pydantic import ValidationError

    from rules.fault import Faults
    from rules.yaml import document
    from watcher.settings.serve import Serve

    try:
        value = document(config).value
        serve = value.get("serve", {}) if isinstance(value, dict) else {}
        tokens = serve.get("tokens", {})
        name = _chosen(tokens) if with_token else None
        if name:
            _demand_set(tokens[name])
        found = Serve.model_validate({**serve, "tokens": {name: tokens[name]} if name else {}})
    except Faults as faults:
        end(USAGE, str(faults))
    except ValidationError as error:
        _unusable(config, [fault["msg"] for fault in error.errors(include_url=False, include_input=False)])
    except (TypeError, AttributeError):
        _unusable(config, [])
    token = found.tokens[name].get_secret_value() if name else None
    return Address(f"http://{_reachable(found.listen)}", token, _log(config, value))


def _chosen(tokens: dict[str, Any]) -> str | None:
    return "cli" if "cli" in tokens else next((name for name in tokens if name != REPORTER), None)


def _demand_set(secret: object) -> None:
    """Whoever sits at a terminal has often not the daemon's environment."""
    from watcher.settings.secret import VARIABLE

    names = VARIABLE.findall(secret) if isinstance(secret, str) else []
    missing = [name for name in names if name not in os.environ]
    if missing:
        ways = "or --token-file FILE (WATCHER_TOKEN_FILE)"
        end(USAGE, f"this daemon wants a token: set {' and '.join(missing)}, {ways}")


def _unusable(config: Path, faults: list[str]) -> NoReturn:
    said = [f"  {fault.removeprefix('Value error, ')}" for fault in faults]
    end(USAGE, "\n".join([f"{config}: serve cannot be used", *said]))


def _log(config: Path, value: Any) -> Path | None:
    """The log's place, where it is written plainly; it stands for a hint alone."""
    log = value.get("log") if isinstance(value, dict) else None
    path = log.get("path") if isinstance(log, dict) else None
    return config.parent / path if isinstance(path, str) and path and "$" not in path else None


def _reachable(listen: str) -> str:
    """An address that answers: 0.0.0.0 is every one of this machine's."""
    host, _, port = listen.rpartition(":")
    return f"{ {'0.0.0.0': '127.0.0.1', '[::]': '[::1]', '': '127.0.0.1'}.get(host, host) }:{port}"  # noqa: S104 - compared, not bound
