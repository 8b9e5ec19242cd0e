"""What others wrote stays text in a document: no markup, no link, nobody called, nothing closed."""

from __future__ import annotations

import re

import pytest

from tests.support import Dialogue, sign
from tests.view.test_documents import document
from watcher.incident import command as ask
from watcher.view.documents.written import NAMES, Name


@pytest.mark.parametrize("name", NAMES)
def test_an_attackers_text_stays_text(name: Name) -> None:
    """No markup, no link, nobody mentioned, no line of its own."""
    evil = "</td><script>x</script> [y](https://evil.example) | @everyone `z`\n# Title"
    talk = Dialogue(sign("1", title=evil, source="sentry:shop"))
    talk.hears(ask.State(by="ann", facts={"root-cause": evil})).hears(ask.Note(by="ann", text=evil))
    text = document(talk, name)
    assert "<script>" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None
    assert "https://evil" not in text
    assert "\n# Title" not in text


CALLING = "@acme/security fixes #12 and GH-34, acme/shop#56, !78: www.evil.example _www.evil.example &commat;acme &#64;acme"
"""What the hosts of pull requests read behind Markdown's back."""


@pytest.mark.parametrize("name", NAMES)
def test_an_attackers_text_calls_nobody_and_closes_nothing(name: Name) -> None:
    """The hosts look after Markdown has taken its backslashes away: what they look for must not be there either."""
    talk = Dialogue(sign("1", title=CALLING, source="sentry:shop"))
    talk.hears(ask.State(by="ann", facts={"root-cause": CALLING})).hears(ask.Note(by="ann", text=CALLING))
    text = document(talk, name)
    assert re.search(r"(?<!\\)&#?\w+;", text) is None
    rendered = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    assert name == "checklist" or "acme" in rendered
    assert re.search(r"@\w|#\d|!\d|(?i:gh-\d|www\.)", rendered) is None


@pytest.mark.parametrize("leading", ["- [x] done", "1. done", "=== ", "+ done", "--- "])
def test_an_attackers_text_begins_no_list_and_no_heading(leading: str) -> None:
    """A cause stands at the beginning of its line."""
    talk = Dialogue().hears(ask.State(by="ann", facts={"root-cause": f"{leading}x"}))
    for name in NAMES:
        assert not [
            line
            for line in document(talk, name).splitlines()
            if line.startswith(leading[:2]) and line.endswith("x.")
        ]


def test_the_title_of_a_request_is_typed_as_it_is_shown() -> None:
    """The field of a title is no Markdown: no backslash stands in it, and still it calls nobody."""
    talk = Dialogue(sign("1", title="user_id [web] `a` <b> @acme #12 [x](http://evil.example)"))
    first = document(talk, "hotfix-pr").splitlines()[0]
    assert first.startswith("# [HOTFIX] INC-7: user_id [web] 'a' ")
    assert "\\" not in first
    for loud in ("<b", "@a", "#1", "](", "://"):
        assert loud not in first
