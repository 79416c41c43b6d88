"""People by number: pseudonyms in any form, identities, many batches, one number a person."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.ingest.numbering import Names, bytes_of, read_hex, renumbered, words_of
from twin.ingest.staycells import as_person
from twin.ingest.staypeople import People
from twin.pseudonyms import Pseudonyms

SECRET = Pseudonyms(b"k" * 32)
PEOPLE = st.integers(0, 60).map(lambda n: n.to_bytes(16, "big") if n < 30 else f"person {n}")


def column(persons: list[bytes | str], form: str) -> pa.Array:
    """The persons as a column; bytes as such only where all are."""
    if form == "bytes":
        return pa.array([SECRET.resolve(p) if isinstance(p, str) else p for p in persons], pa.binary(16))
    texts = pa.array([p.hex() if isinstance(p, bytes) else f" {p}" for p in persons], pa.string())
    return texts.dictionary_encode() if form == "coded" else texts


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.lists(PEOPLE, max_size=40), st.sampled_from(["bytes", "text", "coded"])), max_size=5))
def test_one_number_a_person(batches: list[tuple[list[bytes | str], str]]) -> None:
    people, expected = People(SECRET), {}
    for persons, form in batches:
        numbers = people.number(as_person(column(persons, form)))
        names = [p if isinstance(p, bytes) else SECRET.resolve(p) for p in persons]
        for name in names:
            expected.setdefault(name, len(expected))
        assert numbers.tolist() == [expected[name] for name in names]
    assert people.names(np.arange(len(people), dtype=np.uint32)) == list(expected)


def test_the_table_grows() -> None:
    names, rng = Names(), np.random.default_rng(1)
    words = rng.integers(0, 1 << 63, (20_000, 2), dtype=np.uint64)
    words[:, 0] >>= np.uint64(50)  # many that differ in one word only
    first = names.numbers(words[:5000])
    assert names.numbers(words[:5000]).tolist() == first.tolist()
    assert names.numbers(words)[:5000].tolist() == first.tolist()
    assert len(names) == len({tuple(pair) for pair in words.tolist()})
    assert b"".join(bytes_of(names.words()[first])) == words[:5000].tobytes()
    assert (words_of(words.tobytes()) == words).all()


@settings(deadline=None)
@given(st.lists(st.one_of(st.text("0123456789abcdefAg", min_size=32, max_size=32), st.text(max_size=40)), max_size=20))
def test_hexadecimal_pseudonyms(texts: list[str]) -> None:
    written = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, written)], dtype=np.int64)
    names, good = read_hex(offsets, np.frombuffer(b"".join(written), dtype=np.uint8))
    for text, name, fine in zip(texts, names, good.tolist(), strict=True):
        assert fine == (len(text.encode()) == 32 and set(text) <= set("0123456789abcdef"))
        if fine:
            assert name.tobytes() == bytes.fromhex(text)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), max_size=50))
def test_renumbered(numbers: list[int]) -> None:
    here, local = renumbered(np.array(numbers, dtype=np.uint32), 21)
    assert here.tolist() == sorted(set(numbers))
    assert here[local].tolist() == numbers
