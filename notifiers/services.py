"""The services that Apprise knows: their plugins, loaded where an address needs them.

Loading every plugin costs 17 MB and half a second; one costs a quarter of that. Which file holds a scheme is read from
the plugins' own text; where that finds nothing, all are loaded, so that a wrong guess costs memory and never a page.
"""

from __future__ import annotations

import re
import tempfile
import threading
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apprise
from apprise.manager_plugins import NotificationManager

from notifiers.render import Rendered
from notifiers.send import scheme_of

_GUESS = r"protocol\s*(?::[^=\n]*)?=[^=]{{0,400}}?[\"']{scheme}[\"']"
_SCHEME = re.compile(r"[a-z0-9][a-z0-9+.\-]{0,31}")

_ASSET = apprise.AppriseAsset(
    app_id="Hotfix Watcher",
    app_desc="Hotfix Watcher",
    app_url="",
    image_url_mask="",  # no page makes a phone fetch a picture from elsewhere
    image_url_logo="",
    async_mode=False,  # the thread is ours
    http_redirects=False,  # a page that is led to a login page is not delivered, whatever that page answers
    interpret_escapes=False,
    storage_mode=apprise.PersistentStoreMode.MEMORY,
    secure_logging=True,
    service_timeout=0,  # the deadline is ours
)
_TYPES = {
    "wake": apprise.NotifyType.FAILURE,
    "tell": apprise.NotifyType.INFO,
    "publish": apprise.NotifyType.INFO,
}

_MANAGER: Any = NotificationManager
_lock = threading.Lock()


def load(schemes: Iterable[str]) -> None:
    """Load the plugins of these schemes, and all where one is not found. Blocks for some hundred milliseconds."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries behind a plugin will change is not for our log
        manager: Any = _MANAGER()
        for scheme in schemes:
            if not (manager and scheme in manager):
                _load_one(manager, scheme)
            if not (manager and scheme in manager):
                manager.load_modules()


def _load_one(manager: Any, scheme: str) -> None:
    """A folder of empty files with the wanted names is what the manager walks; it imports the real ones."""
    names = _holding(Path(manager.module_path), scheme)
    if not names:
        return
    with tempfile.TemporaryDirectory(prefix="watcher-") as folder:
        for name in names:
            Path(folder, f"{name}.py").touch()
        manager.load_modules(path=folder, name=manager.module_name_prefix)


def _holding(folder: Path, scheme: str) -> list[str]:
    """The plugins whose text gives this scheme as their protocol."""
    if not _SCHEME.fullmatch(scheme):
        return []
    pattern = re.compile(_GUESS.format(scheme=re.escape(scheme)).encode())
    return [
        entry.stem
        for entry in sorted(folder.iterdir())
        if any(pattern.search(text) for text in _texts(entry))
    ]


def _texts(entry: Path) -> Iterable[bytes]:
    if entry.name.startswith(("_", ".", "base")):
        return
    for file in [entry] if entry.suffix == ".py" else entry.glob("*.py"):
        yield file.read_bytes()


def service(address: str, seconds: float) -> Any | None:
    """A fresh instance for one page, so that no throttle of a former one delays it. None where Apprise cannot read it.

    `seconds` bounds its waits for a connection and for an answer, each.
    """
    load([scheme_of(address)])
    found = apprise.Apprise.instantiate(address, asset=_ASSET)
    if found is None:
        return None
    found.request_rate_per_sec = 0  # our lanes pace
    found.socket_connect_timeout = found.socket_read_timeout = seconds
    if found.overflow_mode == apprise.OverflowMode.UPSTREAM:
        found.overflow_mode = apprise.OverflowMode.TRUNCATE  # a service refuses what is too long for it
    return found


def notify(found: Any, rendered: Rendered, kind: str) -> bool:
    """Send plain text; the plugin escapes it for what its service shows. True when every recipient took it."""
    return bool(
        found.notify(
            title=rendered.title,
            body=rendered.body or rendered.title,
            notify_type=_TYPES[kind],
            body_format=apprise.NotifyFormat.TEXT,
        )
    )
