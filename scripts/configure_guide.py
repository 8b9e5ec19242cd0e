"""docs/configure.md: every key of the configuration with its kind and default, out of the models, and its reason.

The reasons stand in docs/reasons.yaml, by the key's path; one too many or too few is a fault.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import yaml
from pydantic import AwareDatetime, BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from rules.duration import words
from watcher.config import Config
from watcher.settings.escalation import RungSettings
from watcher.settings.oncall import LONG_DAYS, Handover

ROOT = Path(__file__).parent.parent
GUIDE, REASONS = ROOT / "docs/configure.md", ROOT / "docs/reasons.yaml"
HEAD = """\
# Configure

Every key of `watcher.yaml`, with what it takes, what holds where it is not written, and why. `watcher check -c FILE` says
every fault at once, with line and column. The file is YAML 1.2: `on`, `off`, `yes`, `no` and `22:00` are text. A duration is
written `30s`, `5m`, `2h`, `1d`. A **secret** is never plain text: `"${NAME}"` is read from the environment, `{file: PATH}`
from a file (`${CREDENTIALS_DIRECTORY}` is systemd's folder for them).

A reload (`systemctl reload watcher`, `watcher reload`, or saving the file) takes everything up but `log` and `serve.listen`;
a configuration with a fault changes nothing, and the fault is named. An open incident keeps the policy it opened under.

This page is made from the program itself.
"""


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each key below a model: its path, its kind, its default."""
    for name, field in model.model_fields.items():
        here = f"{path}{field.alias or name}"
        inner = _models(field.annotation)
        default = field.default if field.default is not PydanticUndefined else _made(field)
        if inner:
            yield here, field.annotation, default
            mark = "." if not _many(field.annotation) else "[]." if _listed(field.annotation) else ".NAME."
            for one in inner:
                yield from keys(one, f"{here}{mark}")
        else:
            yield here, field.annotation, default


def _made(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not None else PydanticUndefined


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [one for part in get_args(kind) for one in _models(part)]


def _many(kind: Any) -> bool:
    return get_origin(kind) in (tuple, dict) or any(_many(part) for part in get_args(kind))


def _listed(kind: Any) -> bool:
    return get_origin(kind) is tuple or any(_listed(part) for part in get_args(kind))


WORDS: dict[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    Path: "path",
    SecretStr: "secret",
    date: "day",
    time: "time of day",
    Any: "anything",
    AwareDatetime: "moment with a zone",
    Handover: "day and time",
    ZoneInfo: "time zone",
}
SEVERAL = {"text": "texts", "number": "numbers", "path": "paths", "section": "sections"}


def kind_of(kind: Any) -> str:
    """What a key takes, in words."""
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part is not NoneType]
    if origin is Annotated:
        return kind_of(parts[0])
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(kind_of(part) for part in parts))
    if origin is tuple:
        inner = kind_of(parts[0])
        return f"list of {SEVERAL.get(inner, inner)}"
    if origin is dict:
        inner = kind_of(parts[1])
        return f"by name, and {inner}" if inner.startswith("by name") else f"by name: {inner}"
    if origin is not None and parts:
        return "secret" if "Secret" in str(origin) else kind_of(parts[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "section"
    return WORDS.get(kind, getattr(kind, "__name__", str(kind)).lower())


def default_of(value: Any) -> str:
    """What holds where a key is not written."""
    if value is PydanticUndefined:
        return "**needed**"
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f"`{words(value)}`"
    if isinstance(value, Handover):
        day = f"{LONG_DAYS[value.weekday][:3]} " if value.weekday is not None else ""
        return f"`{day}{value.at:%H:%M}`"
    if isinstance(value, tuple) and value and isinstance(value[0], RungSettings):
        return "; ".join(map(_rung, value))
    if isinstance(value, tuple):
        return "" if any(isinstance(one, BaseModel) for one in value) else f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, BaseModel):
        return ""
    return f"`{value}`"


def _rung(rung: RungSettings) -> str:
    again = f", again every {words(rung.repeat)}" if rung.repeat is not None else ""
    return f"{', '.join(rung.page)} after {words(rung.after)}{again}"


def guide(reasons: Mapping[str, str]) -> str:
    """The whole page. Raises SystemExit where a reason is missing, or is of no key."""
    found = list(keys(Config))
    names = {path for path, _, _ in found}
    wrong = [f"no reason for {path}" for path in names - reasons.keys()]
    wrong += [f"a reason for {path}, which is no key" for path in reasons.keys() - names]
    if wrong:
        raise SystemExit("\n".join(sorted(wrong)))
    lines = [HEAD]
    for path, kind, default in found:
        if "." not in path:
            lines += [f"## {path}", "", reasons[path], ""]
            if not _models(kind):
                lines += ["| key | takes | default | why |", "|---|---|---|---|"]
                lines += [_row(path, kind, default, "")]
            elif not _many(kind):
                lines += ["| key | takes | default | why |", "|---|---|---|---|"]
            else:
                lines += ["| key | takes | default | why |", "|---|---|---|---|"]
        else:
            lines.append(_row(path, kind, default, reasons[path]))
    return "\n".join(_spaced(lines)) + "\n"


def _row(path: str, kind: Any, default: Any, why: str) -> str:
    return f"| `{path}` | {kind_of(kind)} | {default_of(default)} | {why} |"


def _spaced(lines: list[str]) -> Iterator[str]:
    """A blank line before each heading; a table without rows is left out."""
    for number, line in enumerate(lines):
        following = lines[number + 2 : number + 3]
        empty = line.startswith("| key") and not (following and following[0].startswith("| `"))
        if empty or (
            line.startswith("|---") and not (lines[number + 1 : number + 2] or [""])[0].startswith("| `")
        ):
            continue
        if line.startswith("## "):
            yield ""
        yield line


def main() -> None:
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8")) if REASONS.exists() else {}
    page = guide(reasons)
    if "--check" in sys.argv:
        if not GUIDE.exists() or GUIDE.read_text(encoding="utf-8") != page:
            raise SystemExit("docs/configure.md is not current: scripts/configure-guide writes it")
        return
    GUIDE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
