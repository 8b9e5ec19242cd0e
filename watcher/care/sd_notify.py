"""Words to the service manager: ready, watchdog, stopping. Eight lines of protocol, no library."""

from __future__ import annotations

import os
import socket
from datetime import timedelta


def notify(message: str) -> None:
    """Send a state ("READY=1", "WATCHDOG=1", ...) where a service manager listens; elsewhere nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(message.encode())


def watchdog_interval() -> timedelta | None:
    """How often the service manager wants to hear of us; None where it does not ask."""
    asked = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return timedelta(microseconds=int(asked)) if asked.isdecimal() and mine else None
