"""How a page says it is answered by typing: the command, and the sentence where there is a place to write it."""

from __future__ import annotations

from collections.abc import Callable

from watcher.config import Config
from watcher.serve.links import Links
from watcher.serve.replies.sentence import written


class Hint:
    """Asked when a page is sent: the code is made then, and is never stored."""

    def __init__(self, links: Links, config: Callable[[], Config]) -> None:
        self._links = links
        self._config = config

    def __repr__(self) -> str:
        return "Hint()"

    def __call__(self, id_: str, page: int, contact: str | None) -> str:
        """What to type in answer to one page to one person."""
        config = self._config()
        command = f"watcher ack {id_}"
        if config.reply is not None:
            return f"{command}   or, in the reply topic: {written(id_, self._links.code(id_, page, contact))}"
        if config.mqtt is not None:
            return f"{command}   or, over MQTT, the code {self._links.code(id_, page, contact)}"
        return command
