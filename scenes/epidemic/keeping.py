"""What is made of a whole twin's places, kept until its model or its place table has changed. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from twin.store import Store

T = TypeVar("T")

_State = tuple[int, int]
_KEPT: WeakKeyDictionary[Store, dict[str, tuple[_State, Any]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def kept(store: Store, name: str, make: Callable[[], T]) -> T:
    """What `make` made under a name, made again when the twin has changed since."""
    state = store.newest_change(), store.places.count()
    with _LOCK:
        known = _KEPT.setdefault(store, {})
        if name not in known or known[name][0] != state:
            known[name] = state, make()
        made: T = known[name][1]
        return made
