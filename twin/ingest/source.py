"""Where bytes come from: a file, a .gz, or a member of a .zip, opened as one plain stream that counts what it read."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from twin.errors import InvalidValue, UnreadableSource

GZIP_MAGIC = b"\x1f\x8b"
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about a source. Everything is optional: a reader knows its format's defaults.

    crs               reference system of the coordinates; wins over what the file says
    datum             "wgs84", "cgcs2000", "gcj02", "bd09" or "EPSG:n"; empty: not declared (taken as wgs84)
    vertical          "ellipsoidal", "egm96" (sea level), or metres of the geoid above the ellipsoid; None: by format
    kind              kind of entity to make where the format leaves it open
    mapping           our field -> the source's column; wins over guesses
    default_height_m  height of a building of which nothing is known; None: storeys x 3 m, else one storey
    zone              IANA time zone of times without one
    source_name       the name under which the entities' source is kept; empty: the file's name
    profile           source profile of raw records: the id of one that is known, or a .toml file
    """

    crs: str | None = None
    datum: str = ""
    vertical: str | float | None = None
    kind: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    default_height_m: float | None = None
    zone: str = "Asia/Shanghai"
    source_name: str = ""
    profile: str = ""


class _Counted(io.RawIOBase):
    """A file that tells its source how many stored bytes were taken from it."""

    def __init__(self, handle: BinaryIO, source: Source) -> None:
        self._handle = handle
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._handle.read(len(buffer))
        buffer[: len(data)] = data
        self._source.bytes_read += len(data)
        return len(data)

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self._handle.close()
        super().close()


class _Clear(io.RawIOBase):
    """Turns what broken compression raises into one clear line that names the source."""

    def __init__(self, handle: BinaryIO, name: str, below: list[BinaryIO]) -> None:
        self._handle = handle
        self._name = name
        self._below = below

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._handle.read(len(buffer))
        except (EOFError, zlib.error, zipfile.BadZipFile, OSError) as error:
            reason = "the file is truncated" if isinstance(error, EOFError) else f"it cannot be read ({error})"
            raise UnreadableSource(self._name, reason, "Fetch the file again") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for handle in (self._handle, *self._below):
            handle.close()
        super().close()


@dataclass(slots=True)
class Source:
    """One thing to import: a file, or (`member`) a file inside a .zip. `name` is what messages call it."""

    path: Path
    name: str = ""
    member: str | None = None
    bytes_read: int = 0

    def __post_init__(self) -> None:
        if not self.name:
            self.name = self.path.name + (f"!{self.member}" if self.member else "")

    @property
    def suffixes(self) -> str:
        """The name's ending in lower case without .gz, such as `.city.json`: for guessing the format."""
        stem = PurePosixPath(self.member or self.path.name).name.lower().removesuffix(".gz")
        return stem[stem.find(".") :] if "." in stem else ""

    @property
    def size(self) -> int:
        """Stored (compressed) bytes in all."""
        if self.member is None:
            return self.path.stat().st_size
        with self._archive() as archive:
            return archive.getinfo(self.member).file_size

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes read so far, bytes in all."""
        return self.bytes_read, self.size

    def open(self) -> BinaryIO:
        """A plain binary stream from the beginning: unpacked, counted, with clear errors. The caller closes it."""
        self.bytes_read = 0
        below: list[BinaryIO] = []
        if self.member is None:
            raw = self._open_file()
        else:
            archive = self._archive()
            below.append(cast(BinaryIO, archive))
            try:
                raw = cast(BinaryIO, archive.open(self.member))
            except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
                archive.close()
                raise UnreadableSource(self.name, f"it cannot be unpacked ({error})", "Unpack it first") from error
        counted = io.BufferedReader(_Counted(raw, self), _BUFFER)
        try:
            packed = counted.peek(2)[:2] == GZIP_MAGIC
        except (OSError, zlib.error, zipfile.BadZipFile, EOFError) as error:
            counted.close()
            raise UnreadableSource(self.name, f"it cannot be read ({error})", "Fetch the file again") from error
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=counted)) if packed else cast(BinaryIO, counted)
        clear = _Clear(stream, self.name, [cast(BinaryIO, counted), *below])
        return io.BufferedReader(clear, _BUFFER)

    def head(self, size: int = 4096) -> bytes:
        """The first bytes, unpacked; leaves the progress untouched."""
        with replace(self).open() as stream:
            return stream.read(size)

    def sibling(self, relative: str) -> Source | None:
        """Another file named relative to this one (a texture, a code list), or None. Never leaves the folder tree."""
        parts = PurePosixPath(relative.replace("\\", "/")).parts
        if not parts or PurePosixPath(*parts).is_absolute():
            return None
        if self.member is not None:
            return self._sibling_member(parts)
        target = self.path.parent.joinpath(*parts)
        return Source(target) if target.is_file() else None

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A path with the unpacked content, for libraries that want a file; temporary unless it is plain already."""
        if self.member is None and not self._is_packed():
            self.bytes_read = self.size
            yield self.path
            return
        ending = self.suffixes or ".bin"
        with tempfile.TemporaryDirectory(prefix="twin-import-") as folder:
            target = Path(folder) / f"source{ending}"
            with self.open() as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out, _BUFFER)
            yield target

    def _sibling_member(self, parts: tuple[str, ...]) -> Source | None:
        place = list(PurePosixPath(self.member or "").parent.parts)
        for part in parts:
            if part == "..":
                if not place:
                    return None
                place.pop()
            elif part != ".":
                place.append(part)
        wanted = "/".join(place)
        with self._archive() as archive:
            return Source(self.path, member=wanted) if wanted in archive.namelist() else None

    def _is_packed(self) -> bool:
        with self._open_file() as handle:
            return handle.read(2) == GZIP_MAGIC

    def _open_file(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except IsADirectoryError as error:
            raise InvalidValue(str(self.path), "it is a folder", "Name a file, or let the import walk it") from error
        except FileNotFoundError as error:
            raise InvalidValue(str(self.path), "there is no such file", "Check the path") from error
        except OSError as error:
            raise UnreadableSource(self.name, f"it cannot be opened ({error.strerror})", "Check the file") from error

    def _archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError) as error:
            raise UnreadableSource(self.path.name, f"the zip cannot be read ({error})", "Fetch it again") from error


def zip_members(path: Path) -> list[str]:
    """The names of the files inside a .zip, folders and system litter left out."""
    archive = Source(path, member="")._archive()
    with archive:
        return [
            info.filename
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith("__MACOSX/")
        ]
