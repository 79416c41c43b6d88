"""A tileset in one file: the 3D Tiles Archive Format 1.3 (`.3tz`).

A zip whose last entry, `@3dtilesIndex1@`, lists every other one by the MD5 of its path, so that a reader finds a file
without reading the directory. Entries are stored as they are: a file can be sent straight from where it lies. The same
tileset gives the same archive, byte for byte.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tiles.sources import inside
from tiles.tileset import ROOT_DOCUMENT
from twin.errors import DiskFull, FolderNotWritable, UnreadableSource

INDEX = "@3dtilesIndex1@"
SUFFIX = ".3tz"

_ENTRY = struct.Struct("<16sQ")
_LOCAL_HEADER = 30
_DATE = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 1


def write_archive(
    target: Path, files: Iterable[tuple[str, bytes]], *, progress: Callable[[str], object] | None = None
) -> int:
    """Write (path, bytes) pairs, in their order, into one archive; its length in bytes. All of it, or nothing.

    Raises `FolderNotWritable` and `DiskFull`.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with open(beside, "wb") as file:
                _fill(file, files, progress)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno == 28:
            raise DiskFull(str(target), "the disk is full; nothing was written", "Free some room") from error
        raise FolderNotWritable(str(target), error.strerror or str(error), "Give a file that can be written") from error
    return target.stat().st_size


def _fill(file: object, files: Iterable[tuple[str, bytes]], progress: Callable[[str], object] | None) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for path, data in files:
            archive.writestr(_about(path), data)
            if progress is not None:
                progress(path)
        entries = [(path_hash(one.filename), one.header_offset) for one in archive.infolist()]
        archive.writestr(_about(INDEX), b"".join(_ENTRY.pack(*entry) for entry in sorted(entries, key=_order)))


def _about(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DATE)
    info.create_system, info.external_attr = 3, 0o100644 << 16
    return info


def path_hash(path: str) -> bytes:
    """The 16 bytes that stand for a path in the index."""
    return hashlib.md5(path.encode(), usedforsecurity=False).digest()


def _order(entry: tuple[bytes, int]) -> tuple[int, ...]:
    """The index is sorted by the hash as two little-endian numbers, the first eight bytes first."""
    return struct.unpack("<QQ", entry[0])


class ArchiveSource:
    """An opened archive: files by their path. For many threads; `close` it afterwards."""

    def __init__(self, path: Path) -> None:
        """Raises `UnreadableSource` for what is no archive of this kind, and for one whose paths lead out of it."""
        self.path = path
        self._entries = _read_directory(path)
        self._file = open(path, "rb")  # noqa: SIM115  closed in `close`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def names(self) -> Iterator[str]:
        """Every path in it, the index left out."""
        return iter(self._entries)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        short = inside(path)
        info = None if short is None else self._entries.get(short)
        if info is None:
            return None
        head = os.pread(self._file.fileno(), _LOCAL_HEADER, info.header_offset)
        name_length, extra_length = struct.unpack_from("<HH", head, 26)
        start = info.header_offset + _LOCAL_HEADER + name_length + extra_length
        data = os.pread(self._file.fileno(), info.compress_size, start)
        if info.compress_type == zipfile.ZIP_DEFLATED:
            data = zlib.decompress(data, -15)
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise UnreadableSource(f"{self.path.name}/{path}", "its bytes are damaged", "Make the archive again")
        return data

    def twin(self, path: str) -> bytes | None:
        """None: files in an archive have no twins."""
        return None


def _read_directory(path: Path) -> dict[str, zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check_entries(path, infos)
            _check_index(path, infos, archive.read(INDEX))
            return {info.filename: info for info in infos[:-1]}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableSource(str(path), f"it is no archive, or was cut off ({error})", "Copy it again") from error
    except FileNotFoundError as error:
        raise UnreadableSource(str(path), "there is no such file", "Give a .3tz file") from error


def _check_entries(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    for info in infos:
        if inside(info.filename) != info.filename and not info.is_dir():
            reason = f"its entry {info.filename!r} leads out of the archive"
            raise UnreadableSource(str(path), reason, "Do not unpack it; ask where it came from")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableSource(str(path), f"its entry {info.filename!r} is packed in a way that is not read here")
    names = [info.filename for info in infos]
    if not names or names[-1] != INDEX:
        raise UnreadableSource(str(path), f"its last entry is not {INDEX}", "Make it with: twin tiles pack")
    if len(set(names)) < len(names):
        raise UnreadableSource(str(path), "two of its entries have one path", "Make it with: twin tiles pack")
    if ROOT_DOCUMENT not in names:
        raise UnreadableSource(str(path), f"it has no {ROOT_DOCUMENT}", "Make it with: twin tiles pack")


def _check_index(path: Path, infos: list[zipfile.ZipInfo], index: bytes) -> None:
    """Readers that use nothing but the index must find what the directory says."""
    expected = sorted(((path_hash(info.filename), info.header_offset) for info in infos[:-1]), key=_order)
    if len(index) % _ENTRY.size or list(_ENTRY.iter_unpack(index)) != expected:
        raise UnreadableSource(str(path), "its index does not fit its entries", "Make it with: twin tiles pack")
