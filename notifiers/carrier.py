"""What carries an HTTP request: the usual adapter of `requests`, with a TLS context that is shared.

Making a context costs 13 ms of processor time, and fifty pages leave at once. Connections are not shared: one that a
service has closed meanwhile would leave it unknown whether the page arrived.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import certifi
from requests import Session
from requests.adapters import HTTPAdapter

_lock = threading.Lock()
_shared: dict[str, ssl.SSLContext] = {}


def _tls(bundle: str) -> ssl.SSLContext:
    """One context for each set of authorities: the usual one, or the one that the environment names."""
    with _lock:
        if bundle not in _shared:
            folder = Path(bundle).is_dir()
            _shared[bundle] = ssl.create_default_context(
                cafile=None if folder else bundle, capath=bundle if folder else None
            )
        return _shared[bundle]


def ready() -> None:
    """Make the usual context now: the first page must not wait 20 ms for it."""
    with Session() as session:
        verify = session.merge_environment_settings("https://localhost", {}, None, None, None)["verify"]
    with suppress(OSError):  # a bundle that cannot be read: the first page says so
        _tls(certifi.where() if verify is True else str(verify))


class _SharedTls(HTTPAdapter):
    """The usual adapter, with a TLS context that is there already instead of one of its own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:  # noqa: ARG002
        return super().build_connection_pool_key_attributes(request, verify=True, cert=cert)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ARG002 - requests' signature
        if str(url).lower().startswith("https"):
            conn.cert_reqs = "CERT_REQUIRED"


def carrier(adapter: HTTPAdapter, options: dict[str, Any]) -> HTTPAdapter:
    """The shared context serves the usual case; proxies, client certificates and unverified targets go the long way."""
    verify = options.get("verify")
    if options.get("proxies") or options.get("cert") or not verify:
        return adapter
    try:
        return _SharedTls(_tls(certifi.where() if verify is True else str(verify)))
    except OSError:  # the bundle cannot be read: the usual adapter says so in its own words
        return adapter
