"""What the system refuses gets a name of ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from twin.errors import DiskFull, FolderError, FolderNotWritable
from twin.store.folder import writing_into


@pytest.mark.parametrize(
    ("code", "ours"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EACCES, FolderNotWritable)]
)
def test_refusals(tmp_path: Path, code: int, ours: type[FolderError]) -> None:
    with pytest.raises(ours, match=str(tmp_path)), writing_into(tmp_path):
        raise OSError(code, os.strerror(code))
