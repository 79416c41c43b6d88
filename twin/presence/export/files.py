"""A file that is there whole or not at all: written beside its place under another name, synced, then put there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa

from twin.errors import DiskFull, FolderNotWritable, InvalidValue
from twin.presence.export.batches import Writer
from twin.presence.export.formats import Format

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def whole_file(path: Path, form: Format, schema: pa.Schema) -> Iterator[Writer]:
    """A writer into a file that its owner alone may read; it takes the place of `path` when all is written.

    Whatever ends the writing before, Ctrl-C too, leaves `path` as it was and nothing else.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidValue(f"export {path.name}", "is a folder, or lies in none", "Name a file in a folder that is")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            writer = form.writer(sink, schema)
            try:
                yield writer
            except BaseException:
                with suppress(OSError, pa.ArrowException):  # what is under way is told already
                    writer.close()
                raise
            writer.close()
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(path)
    except OSError as error:
        if error.errno in _FULL:
            reason = "the disk is full; nothing was kept"
            raise DiskFull(f"export {path.name}", reason, "Free some space and retry") from error
        if error.errno in _CLOSED:
            raise FolderNotWritable(str(path.parent), "cannot be written", "Choose another folder") from error
        raise
    finally:
        partial.unlink(missing_ok=True)
