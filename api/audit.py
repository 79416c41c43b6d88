"""Every question about a person is put on record before it is answered: who, when, what, about which pseudonym."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from twin.errors import DiskFull


class PersonLog:
    """Appends lines to `<twin>/audit/persons.ndjson`; a line is on disk before `record` returns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "persons.ndjson"
        self._lock = threading.Lock()

    def record(self, *, user: str, question: str, pseudonyms: Sequence[str], details: Mapping[str, Any]) -> None:
        """One question. `details` may hold window, purpose, case; never an identity."""
        line = orjson.dumps(
            {"time": int(time.time()), "user": user, "question": question, "pseudonyms": pseudonyms, **details}
        )
        try:
            with self._lock, os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
                log.write(line + b"\n")
                log.flush()
                os.fsync(log.fileno())
        except OSError as error:
            raise DiskFull(
                "audit log", "the question could not be put on record, so it was not asked", "Free some space"
            ) from error
