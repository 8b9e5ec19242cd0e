"""Where the page of an incident leads outside: the team's runbook, the error in Sentry, a colleague's phone. Pure.

An address that came with a signal is a link only where it is on the host of the Sentry that told of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from watcher.config import Config
from watcher.incident.record import Sign
from watcher.incident.state import Incident
from watcher.serve.web.visitor import Visitor

ADDRESS_MAX = 2000
"""What is longer no browser opens everywhere."""
HOSTED = ".sentry.io"
"""The hosted service shows at acme.sentry.io what us.sentry.io answers."""
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")
_PLAIN = re.compile(
    r"[!#-&(-;=?-\[\]_a-z~]+"
)  # no blank, quote, angle, backslash or letter that needs encoding

Link = tuple[str, str]
"""What is read, and where it leads."""


def leads(state: Incident, config: Config) -> list[Link]:
    """The runbook, and the first failing error that a Sentry shows."""
    runbook = config.service.runbook or ""
    found = [("Runbook", runbook)] if _split(runbook) is not None else []
    signs = [w.sign for w in state.watched.values() if not w.clean] or list(state.opened.signs)
    error = next(_shown(signs, config), None)
    return [*found, ("Open in Sentry", error)] if error is not None else found


def phones(visitor: Visitor, config: Config) -> list[Link]:
    """The colleagues' numbers, for whoever has signed in by a token; a link that was passed on shows none."""
    if not (visitor.everything and config.serve.tokens):
        return []
    found = ((name, contact.phone or "") for name, contact in config.contacts.items() if name != visitor.name)
    return [(f"{name}, {said}", f"tel:{re.sub('[^+0-9]', '', said)}") for name, said in found if _dials(said)]


def _dials(said: str) -> bool:
    return _PHONE.fullmatch(said) is not None


def _shown(signs: list[Sign], config: Config) -> Iterator[str]:
    bases = {f"sentry:{one.name}": one.url for one in config.sentry}
    return (s.url for s in signs if s.source in bases and _is_of(s.url, bases[s.source]))


def _is_of(link: str, base: str) -> bool:
    there, here = _split(link), _split(base)
    if there is None or here is None:
        return False
    hosted = all(f".{one.hostname}".endswith(HOSTED) for one in (there, here))
    return there.netloc.lower() == here.netloc.lower() or (hosted and there.port is None)


def _split(address: str) -> SplitResult | None:
    """An address that a page may link; None where it is anything else."""
    if len(address) > ADDRESS_MAX or not _PLAIN.fullmatch(address):
        return None
    try:
        found = urlsplit(address)
        usable = found.scheme in ("http", "https") and found.hostname and found.port != 0
    except ValueError:
        return None
    return found if usable and "@" not in found.netloc else None
