"""A tileset in one file: what is packed comes out, an independent reader of the index finds it, bad files are named."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiles.village import KIND, village
from tiles.archive import INDEX, ArchiveSource, write_archive
from tiles.build import build_features
from tiles.check import check_tileset
from tiles.layer import Layer
from tiles.sources import inside
from twin.errors import FolderNotWritable, UnreadableSource

ROOT = ("tileset.json", b"{}")


def by_index(path: Path, name: str) -> bytes | None:
    """Another reader, of the format's own description: the index alone, searched by halves, then the local header."""
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    count, _, directory = struct.unpack_from("<HII", data, end + 10)
    for _ in range(count):
        name_length, extra, comment = struct.unpack_from("<HHH", data, directory + 28)
        offset = struct.unpack_from("<I", data, directory + 42)[0]
        last, directory = data[directory + 46 :][:name_length], directory + 46 + name_length + extra + comment
    assert last == INDEX.encode()
    body, size = local(data, offset)
    index = [struct.unpack_from("<QQQ", data, body + at) for at in range(0, size, 24)]
    assert index == sorted(index)
    wanted = struct.unpack("<QQ", hashlib.md5(name.encode()).digest())
    low, high = 0, len(index)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if index[middle][:2] < wanted else (low, middle)
    if low == len(index) or index[low][:2] != wanted:
        return None
    start, length = local(data, index[low][2])
    return data[start : start + length]


def local(data: bytes, offset: int) -> tuple[int, int]:
    assert data[offset : offset + 4] == b"PK\x03\x04"
    assert struct.unpack_from("<H", data, offset + 8) == (0,), "stored as it is"
    (size,) = struct.unpack_from("<I", data, offset + 18)
    name_length, extra = struct.unpack_from("<HH", data, offset + 26)
    return offset + 30 + name_length + extra, size


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z0-9+]{1,8}(/[a-zé]{1,5})?\.glb", fullmatch=True), st.binary(), max_size=40))
def test_what_is_packed_comes_out(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    path = tmp_path_factory.mktemp("archive") / "a.3tz"
    size = write_archive(path, [ROOT, *files.items()])
    assert size == path.stat().st_size
    with ArchiveSource(path) as source:
        assert set(source.names()) == {"tileset.json", *files}
        for name, data in files.items():
            assert source.read(name) == by_index(path, name) == data
        assert source.read("x.glb" if "x.glb" not in files else "y") is by_index(path, "nothing") is None
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_a_layer_keeps_every_rule_in_an_archive(tmp_path: Path) -> None:
    place = village(900)
    build_features(place, KIND, tmp_path)
    layer = Layer(tmp_path / "building")
    files = {name: layer.contents.read(stored.content) for name, stored in sorted(layer.view.files.items())}
    for name in ("one.3tz", "two.3tz"):
        write_archive(tmp_path / name, files.items())
    assert (tmp_path / "one.3tz").read_bytes() == (tmp_path / "two.3tz").read_bytes()
    with ArchiveSource(tmp_path / "one.3tz") as source:
        assert check_tileset(source, expected=place, stated=900) == []


def make(path: Path, names: list[str], index: bytes | None = None, **more: object) -> Path:
    """A zip by another hand."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"x")
        entries = [(hashlib.md5(one.filename.encode()).digest(), one.header_offset) for one in archive.infolist()]
        entries.sort(key=lambda entry: struct.unpack("<QQ", entry[0]))
        packed = b"".join(struct.pack("<16sQ", *entry) for entry in entries) if index is None else index
        archive.writestr(str(more.get("last", INDEX)), packed)
    return path


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["tileset.json", "../../etc/passwd"], "'../../etc/passwd' leads out"),
        (["tileset.json", "a/../../b"], "'a/../../b' leads out"),
        (["tileset.json", "/etc/passwd"], "'/etc/passwd' leads out"),
        (["tileset.json", "a\\..\\b"], "leads out"),
        (["0.glb"], "has no tileset.json"),
    ],
)
def test_archives_that_climb_out_or_lack_something(tmp_path: Path, names: list[str], reason: str) -> None:
    with pytest.raises(UnreadableSource) as raised:
        ArchiveSource(make(tmp_path / "bad.3tz", names))
    assert reason in raised.value.reason
    assert "bad.3tz" in raised.value.thing


def test_an_index_that_does_not_fit_or_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="index does not fit"):
        ArchiveSource(make(tmp_path / "a.3tz", ["tileset.json"], index=b"0" * 24))
    with pytest.raises(UnreadableSource, match="last entry is not"):
        ArchiveSource(make(tmp_path / "b.3tz", ["tileset.json"], last="other"))
    with pytest.raises(UnreadableSource, match="no such file"):
        ArchiveSource(tmp_path / "c.3tz")


def test_a_copy_that_was_cut_off_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.3tz"
    write_archive(path, [ROOT, ("0.glb", b"some content of a tile")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(UnreadableSource, match="cut off"):
        ArchiveSource(path)
    path.write_bytes(whole.replace(b"some content", b"some c0ntent"))
    with ArchiveSource(path) as source, pytest.raises(UnreadableSource, match="damaged"):
        source.read("0.glb")


def test_an_archive_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def files():
        yield ROOT
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_archive(tmp_path / "a.3tz", files())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FolderNotWritable):
        write_archive(tmp_path / "nowhere" / "a.3tz", [ROOT])


@pytest.mark.parametrize("path", ["", ".", "..", "../x", "a/../../x", "/x", "a\0b", "a\\b"])
def test_paths_that_lead_out(path: str) -> None:
    assert inside(path) is None


def test_paths_that_stay_inside() -> None:
    assert inside("a/../b") == "b"
    assert inside("./a/b.glb") == "a/b.glb"
