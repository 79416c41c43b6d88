"""Contents are in their place when it is said that they are, however many there are and however slow the disk is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tiles.contents import Contents, Shelf


def test_what_is_settled_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Contents.settle

    def late(self: Contents, name: str, aside: Path) -> None:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.1)
        rename(self, name, aside)

    monkeypatch.setattr(Contents, "settle", late)
    contents = Contents(tmp_path)
    data = [bytes([number]) * 1000 for number in range(12)]
    with Shelf(contents) as shelf:
        names = [shelf.put(one) for one in data]
        shelf.settle()
        assert all(contents.has(name, 1000) for name in names)
        names += [shelf.put(one * 2) for one in data]
    assert [contents.read(name) for name in names] == data + [one * 2 for one in data]
    assert all(contents.twin_size(name) for name in names)
    assert not list(tmp_path.rglob("*.part"))
