"""Whom a calendar means: its words to the name of a contact. Pure.

1. The whole summary is a name, an alias or an address of one contact.
2. Else one of the invited is: by address, then by the name beside it.
3. Else exactly one contact's name or alias stands in the summary as words of their own.
What fits nobody, or two, means nobody: better the next in line and a word about it than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WORDS_MAX = 300
"""Of a summary; a name stands within them."""


@dataclass(frozen=True, slots=True)
class Names:
    """Every way to write a contact, folded, and the contact that it means."""

    known: Mapping[str, str] = field(default_factory=dict)

    def meant(self, summary: str, invited: Iterable[str] = ()) -> str | None:
        """The one contact that is meant; None where it is nobody, or nobody alone."""
        whole = self.known.get(folded(summary))
        if whole is not None:
            return whole
        asked = {self.known[one] for one in map(folded, invited) if one in self.known}
        return _only(asked) if asked else _only(self._within(folded(summary)))

    def _within(self, words: str) -> set[str]:
        return {
            who for name, who in self.known.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)
        }


def named(contacts: Mapping[str, Iterable[str]]) -> Names:
    """From each contact's aliases; the contact's own name is one of them."""
    return Names({folded(name): who for who, also in contacts.items() for name in (who, *also)})


def folded(text: str) -> str:
    """Case and spaces do not make another name; nor does mailto:."""
    return " ".join(text[:WORDS_MAX].casefold().split()).removeprefix("mailto:")


def _only(found: set[str]) -> str | None:
    return found.pop() if len(found) == 1 else None
