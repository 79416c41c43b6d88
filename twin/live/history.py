"""Every observation on disk: a DuckDB file per UTC day in one folder, group-committed.

The only SQL of the live engine. `append` returns when the rows are committed and synced: what has been acknowledged
survives `kill -9`. Callers that arrive while a commit runs are written together by the next one, so the number of
syncs stays small however many callers there are. The same datastream and time may be written again (a repeated
request, a correction): reading takes the one received last.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from twin.errors import DiskFull, FolderError, FolderInUse, TwinError
from twin.live.state import Batch, join, make_batch
from twin.types import I64

DAY_S = 86400
OPEN_FILES = 4
"""Day files kept open at a time; a batch of late observations opens older ones in turn."""

_TABLE = """CREATE TABLE IF NOT EXISTS observation (
    datastream VARCHAR NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, number DOUBLE, word VARCHAR)"""
_NEWEST = """SELECT datastream, max(time), arg_max(number, (time, received)), arg_max(word, (time, received))
    FROM observation GROUP BY datastream"""
_SERIES = """SELECT time, arg_max(number, received), arg_max(word, received) FROM observation
    WHERE datastream = ? AND time >= ? AND time < ? GROUP BY time ORDER BY time"""


class History:
    """Appends from any thread; one thread of its own writes, and calls `committed` with each group, in order."""

    def __init__(self, folder: Path, ids: Sequence[str], committed: Callable[[Batch], object]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._committed = committed
        self._closed = False
        self._ids = np.asarray(ids, dtype=object)
        self._files: OrderedDict[int, duckdb.DuckDBPyConnection] = OrderedDict()
        self._files_lock = threading.Lock()
        self._queue_lock = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[Batch, Future[None]] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_groups, name="history-writer", daemon=True)
        self._writer.start()

    def append(self, batch: Batch) -> None:
        """Write observations; returns when they are safe on disk, raises when they are not."""
        done: Future[None] = Future()
        with self._queue_lock:
            if self._closed:
                raise FolderError(str(self._folder), "the server is stopping", "Send the observations again")
            self._queue.put((batch, done))
        done.result()

    def close(self) -> None:
        """Finish what is queued, then close the files. Closing twice does nothing."""
        with self._queue_lock:
            if not self._closed:
                self._queue.put(None)
            self._closed = True
        self._writer.join()
        with self._files_lock:
            while self._files:
                self._files.popitem()[1].close()

    def days(self) -> list[int]:
        """Days since 1970 that have a file, oldest first."""
        found = []
        for path in self._folder.glob("*.duckdb"):
            found.append(int(datetime.strptime(path.stem, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) // DAY_S)
        return sorted(found)

    def newest(self, *, since: int) -> Batch:
        """The newest observation of each declared datastream, of those on days that end after `since`."""
        rows = {name: row for row, name in enumerate(self._ids)}
        known: dict[int, tuple[int, float | str]] = {}
        for day in reversed(self.days()):
            if (day + 1) * DAY_S <= since:
                break
            with self._files_lock:
                records = self._file(day).execute(_NEWEST).fetchall()
            for name, when, number, word in records:
                row = rows.get(name)
                if row is not None and row not in known:
                    known[row] = (when, number if word is None else word)
        return make_batch((row, when, value) for row, (when, value) in sorted(known.items()))

    def series(self, datastream: str, start: int, end: int) -> list[tuple[int, float | str]]:
        """(time, value) of one datastream in `[start, end)`, oldest first; one value per time."""
        found: list[tuple[int, float | str]] = []
        for day in self.days():
            if start < (day + 1) * DAY_S and day * DAY_S < end:
                with self._files_lock:
                    reader = self._file(day).cursor()  # a connection of its own: the writer need not wait for it
                with reader:
                    records = reader.execute(_SERIES, [datastream, start, end]).fetchall()
                found += [(when, number if word is None else word) for when, number, word in records]
        return found

    def _write_groups(self) -> None:
        """Take whatever has been queued as one group, commit it, tell its callers; until closed."""
        open_for_business = True
        while open_for_business:
            group = [self._queue.get()]
            while not self._queue.empty():
                group.append(self._queue.get())
            open_for_business = None not in group
            work = [item for item in group if item is not None]
            if not work:
                continue
            try:
                group_batch = join([batch for batch, _ in work])
                self._commit(group_batch)
                self._committed(group_batch)
            except Exception as error:  # noqa: BLE001 - the writer must outlive a full disk; its callers get the error
                for _, done in work:
                    done.set_exception(_explain(error, self._folder))
            else:
                for _, done in work:
                    done.set_result(None)

    def _commit(self, batch: Batch) -> None:
        """One transaction per day file that the group touches."""
        received = time.time_ns()
        days: I64 = batch.times // DAY_S
        for day in np.unique(days).tolist():
            part = batch.take(days == day)
            words = [value if isinstance(value, str) else None for value in part.values]
            numbers = [None if isinstance(value, str) else value for value in part.values]
            arrived = received + np.arange(len(part))  # the order of arrival, also within a group
            table = pa.table(
                {
                    "datastream": pa.array(self._ids[part.rows], pa.string()),
                    "time": pa.array(part.times),
                    "received": pa.array(arrived),
                    "number": pa.array(numbers, pa.float64()),
                    "word": pa.array(words, pa.string()),
                }
            )
            with self._files_lock:
                file = self._file(day)
                file.register("arriving", table)
                try:
                    file.execute("INSERT INTO observation SELECT * FROM arriving")
                finally:
                    file.unregister("arriving")

    def _file(self, day: int) -> duckdb.DuckDBPyConnection:
        """The day's open file; the one used longest ago is closed where too many are open."""
        if day in self._files:
            self._files.move_to_end(day)
            return self._files[day]
        while len(self._files) >= OPEN_FILES:
            self._files.popitem(last=False)[1].close()
        path = self._folder / f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}.duckdb"
        try:
            file = duckdb.connect(str(path), config={"threads": 1})
        except duckdb.IOException as error:
            raise FolderInUse(
                str(path), "the history file cannot be opened", "Stop the other server that runs on this twin"
            ) from error
        file.execute(_TABLE)
        _sync_folder(self._folder)  # a new file's name must survive too
        self._files[day] = file
        return file


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explain(error: Exception, folder: Path) -> Exception:
    """A full disk in one clear line; everything else as it is."""
    if isinstance(error, TwinError):
        return error
    if isinstance(error, OSError) or "No space left" in str(error):
        return DiskFull(str(folder), "the observations could not be written", "Free some space and send them again")
    return error
