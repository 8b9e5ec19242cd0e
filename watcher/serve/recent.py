"""What was seen lately: a memory with a bound."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")


class Recent(Generic[K]):
    """At most so many; the one that was added longest ago is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, None] = OrderedDict()

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def add(self, key: K) -> bool:
        """Whether it is new."""
        if key in self._kept:
            return False
        self._kept[key] = None
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return True
