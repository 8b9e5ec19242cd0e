"""Reports the faults of a daemon whose secrets are known, to the DSN in OWN_DSN: run by tests, in a process of its own."""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import timedelta

import sentry_sdk

from watcher.care import errors
from watcher.logs import conceal, configure
from watcher.settings.care import Errors

SECRET = "hunter2-planted-secret"


def main() -> None:
    """A fault in every way in which one can come to be known, each with the secret in it."""
    configure("json")
    conceal(SECRET)
    check_in = errors.begin(Errors(dsn="${OWN_DSN}", monitor="hotfix-watcher"), "1.2.3")
    logger = logging.getLogger("watcher.test")
    password = SECRET  # a local variable
    try:
        _refuse(password)
    except ValueError:
        logger.exception("logging in with %s", password, extra={"event": "part_failed", "id": SECRET})
    try:
        {SECRET: {}}[SECRET][password]
    except KeyError:
        logger.exception("twice removed", extra={"event": f"odd {password}"})
    logger.critical("the end, %s", password)
    logger.error("told only in the log: %s", password)
    thread = threading.Thread(target=_in_thread, args=(SECRET,), name=f"thread {SECRET}")
    thread.start()
    thread.join()
    for _ in range(5):
        _again(logger)
    if check_in is not None:
        check_in(True, timedelta(seconds=60))  # noqa: FBT003 - one word
    sentry_sdk.flush(5)


def _again(logger: logging.Logger) -> None:
    try:
        _refuse("the same fault")
    except ValueError:
        logger.exception("again")


def _refuse(password: str) -> None:
    raise ValueError(f"no access with {password}")


def _in_thread(key: str) -> None:
    raise OSError(f"https://user:{key}@host.example/{os.getpid()}?token={key}")


if __name__ == "__main__":
    main()
    sys.exit(0)
