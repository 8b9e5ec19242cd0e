"""The loader: what words mean, where faults stand, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr

from rules import yaml
from rules.duration import Duration
from rules.fault import Faults


class Project(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: int
    every: Duration


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    projects: tuple[Project, ...]
    word: str = ""
    token: SecretStr | None = None


def faults(text: str, **options: Any) -> list[str]:
    with pytest.raises(Faults) as caught:
        yaml.parse(text, "f.yaml", File, **options)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("22:00", "22:00"),
        ("012", "012"),
        ("007.5", "007.5"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        (".inf", ".inf"),
        ("1e99999", "1e99999"),
        ("9" * 40, "9" * 40),
        ('"12"', "12"),
        ("'true'", "true"),
    ],
)
def test_only_core_words_have_a_type(written: str, read: Any) -> None:
    """A word is what it looks like, and text where that is in doubt."""
    value = yaml.compose(f"a: {written}", "f.yaml").value["a"]
    assert value == read
    assert type(value) is type(read)


def test_every_fault_is_told_at_once_with_its_place() -> None:
    """Each fault names file, line, column and key, and how to mend it."""
    text = "projcts: []\nprojects:\n  - {id: x, every: 5}\n  - {idd: 4, every: 5m}\n"
    assert faults(text) == [
        "f.yaml:1:1: projcts: unknown key 'projcts'; did you mean 'projects'?",
        "f.yaml:3:10: projects.0.id: Input should be a valid integer, unable to parse string as an integer",
        "f.yaml:3:20: projects.0.every: a duration needs its unit: write 5s, 5m or 5h",
        "f.yaml:4:5: projects.1: 'id' is missing",
        "f.yaml:4:6: projects.1.idd: unknown key 'idd'; did you mean 'id'?",
    ]


def test_a_value_is_shown_only_where_asked() -> None:
    """What stands in a configuration may be a secret, so a fault does not repeat it."""
    text = "projects: [{id: hunter2, every: 5m}]\ntoken: [hunter2]"
    assert "hunter2" not in "".join(faults(text))
    assert "hunter2" in faults(text, show_values=True)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "f.yaml:2:1: the key 'a' stands twice (first in line 1)"),
        (
            "projects:\n  - {id: 1, id: 2}",
            "f.yaml:2:13: projects.0: the key 'id' stands twice (first in line 2)",
        ),
        ("a: &x 1\nb: *x", "f.yaml:1:4: a: anchors and aliases"),
        ("&x a: 1", "f.yaml:1:1: a key takes no anchor and no tag"),
        ("a: !!python/object:os.system x", "f.yaml:1:4: a: tags"),
        ("--- 1\n--- 2", "f.yaml:2:1: a second document"),
        ("a: [1\n", "f.yaml:2:1: not YAML"),
        ("a: b: c", "f.yaml:1:5: not YAML"),
        ("a: x\nb: \x00", "f.yaml:2:4: a control character"),
        ("a: \ud800", "f.yaml:1:4: a control character"),
        ("? [a]\n: 1", "f.yaml:1:3: a key must be plain text"),
        ("a: " + "[" * 40 + "]" * 40, "nested more than"),
        ("[" * 100_000, "not YAML: exceeded maximum nesting depth"),
        ("a: [" + "1," * 120_000 + "]", "values: split the file"),
        ("a: " + "x" * 1_100_000, "larger than"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_at_its_place(text: str, said: str) -> None:
    """Duplicates, aliases, tags, garbage and giants are faults with a position, never a crash."""
    with pytest.raises(Faults) as caught:
        yaml.compose(text, "f.yaml")
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are not UTF-8 are named."""
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"projects: []\nword: \xff")
    for path, said in (
        (tmp_path / "none.yaml", "1:1: cannot be read"),
        (tmp_path, "1:1: cannot be read"),
        (bad, "2:7: not UTF-8"),
    ):
        with pytest.raises(Faults, match=said):
            yaml.read(path, File)


def test_a_file_is_read_with_its_byte_order_mark(tmp_path: Path) -> None:
    """A mark at the start is no part of the first key."""
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfprojects: []\nword: off")
    assert yaml.read(path, File).word == "off"


def test_an_empty_file_lacks_its_keys() -> None:
    """Nothing is read as a file without keys, so what is missing is named."""
    assert faults("") == ["f.yaml:1:1: 'projects' is missing"]


@given(st.text(max_size=200) | st.text(alphabet="a:[]{}&*!#-\n '\"|>%@?0", max_size=80))
def test_any_text_is_read_or_refused_with_faults(text: str) -> None:
    """No text makes the loader raise anything but Faults."""
    places: list[tuple[int, int]] = []
    try:
        yaml.compose(text, "f.yaml")
    except Faults as wrong:
        places = [(fault.line, fault.column) for fault in wrong.faults]
    assert all(line >= 1 and column >= 1 for line, column in places)


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "it is a folder"), ("gone.yaml", "there is no such file"), ("/dev/null", "it is a device")],
)
def test_what_is_no_file_says_what_it_is(tmp_path: Path, path: str, words: str) -> None:
    """A folder, a device and a typing error are three mends."""
    with pytest.raises(Faults) as caught:
        yaml.document(tmp_path / path)
    assert f"cannot be read: {words}" in str(caught.value)
