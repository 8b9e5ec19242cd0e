"""What the configuration says of answers that come by message: no port of ours is open for them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from watcher.settings.secret import Address, Secret, Settings


def _topic(address: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(address.get_secret_value())
        topic = parts.path.strip("/")
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole, topic = False, ""
    if not whole or not topic or "/" in topic or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(
            "the topic is written https://HOST/TOPIC; an access token has a key of its own: token"
        )
    return address


class ReplySettings(Settings):
    """The ntfy topic in which people answer a page, and the token that may read it."""

    ntfy: Annotated[Address, AfterValidator(_topic)]
    token: Secret | None = None
