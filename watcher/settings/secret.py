"""Secrets in the configuration: `${NAME}` or `{file: PATH}`, never in plain text; known to the log filter once read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from watcher.logs import conceal

VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")
FILE_MAX = 64 * 1024
"""A secret is a line; a file that is larger is another file."""
IN_A_SHELL = "A shell has not what the service has: see docs/install.md, And then"


class Settings(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_by_name=True)


def expand(text: str) -> str:
    """The text with each `${NAME}` replaced from the environment. Raises ValueError naming the one that is not set."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ValueError(
                f"the environment variable {match[1]} is not set; set it, or use {{file: PATH}}. {IN_A_SHELL}"
            )
        if not found:
            raise ValueError(
                f"the environment variable {match[1]} is empty; write a value, or use {{file: PATH}}"
            )
        return found

    return VARIABLE.sub(value, text)


def expand_all(value: Any) -> Any:
    """The same through lists and mappings; what came from the environment is concealed in logs, whole and by itself."""
    if isinstance(value, str):
        expanded = expand_address(value)
        for name in VARIABLE.findall(value):
            conceal(os.environ[name])  # an answer repeats the token of "Bearer ${TOKEN}" alone
        return expanded
    if isinstance(value, list):
        return [expand_all(item) for item in value]
    return {key: expand_all(item) for key, item in value.items()} if isinstance(value, dict) else value


def expand_address(value: Any) -> Any:
    """An address in which `${NAME}` may stand: concealed whole and in its secret parts; its host stays readable."""
    return _concealed(expand(value)) if isinstance(value, str) and VARIABLE.search(value) else value


def _secret(value: Any) -> Any:
    if isinstance(value, dict):
        return _from_file(value)
    if isinstance(value, str) and VARIABLE.search(value):
        return _concealed(expand(value))
    if isinstance(value, SecretStr):
        return value
    raise ValueError("a secret is written as ${NAME} or {file: PATH}, never in plain text")


def _address(value: Any) -> Any:
    return value if isinstance(value, str) and _harmless(value) else _secret(value)


def _harmless(address: str) -> bool:
    """An address that holds no secret: the console, or this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "console" or (parts.hostname == "127.0.0.1" and "@" not in parts.netloc)


def _from_file(value: dict[str, Any]) -> str:
    if set(value) != {"file"} or not isinstance(value["file"], str):
        raise ValueError("a secret is written as ${NAME} or {file: PATH}")
    path = Path(expand(value["file"]))
    try:
        if path.stat().st_size > FILE_MAX:
            raise ValueError(f"the file {path} is too large for a secret")
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"the secret's file {path} cannot be read: {reason}") from None
    if not text:
        raise ValueError(f"the secret's file {path} is empty")
    return _concealed(text)


def _concealed(text: str) -> str:
    conceal(text)
    return text


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A value from the environment or a file."""

Address = Annotated[SecretStr, BeforeValidator(_address)]
"""Where a page goes; secret unless it is the console or this machine."""

Expanded = Annotated[Any, BeforeValidator(expand_all)]
"""Any value in which `${NAME}` may stand."""
