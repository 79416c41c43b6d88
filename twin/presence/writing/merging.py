"""Several pseudonyms of one human: numbers stay, and a table says whom each stands for from which version on."""

from __future__ import annotations

from collections.abc import Sequence

from twin.errors import InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.versions import Change, Done, Kind
from twin.presence.writing.keyed import content_of, made_before


def merge(manifest: Manifest, into: bytes, others: Sequence[bytes], key: str, reason: str) -> Done:
    """Let the humans of `others` be the human of `into`, with everybody merged with any of them before."""
    if not others or into in others:
        raise InvalidValue("others", "must name other pseudonyms", "Give those to be merged into the first one")
    content = content_of([into], sorted(set(others)))
    before = made_before(manifest, key, Kind.MERGE, content)
    if before is not None:
        return Done(key, before.version, True)
    with manifest.transaction():
        target, *numbers = (manifest.person(name) for name in (into, *others))
        merged = manifest.merged()
        target = merged.get(target, target)
        joining = {merged.get(number, number) for number in numbers} - {target}
        after = {person: target if of in joining else of for person, of in merged.items()}
        version = manifest.add_version(Change(Kind.MERGE, key, content, reason))
        manifest.set_merged(after | dict.fromkeys(joining, target), version)
    return Done(key, version, False)


def unmerge(manifest: Manifest, persons: Sequence[bytes], key: str, reason: str) -> Done:
    """Let each of these be a human of their own again; who is left of a group stays together."""
    if not persons:
        raise InvalidValue("persons", "none is given", "Give the pseudonyms to be taken out of their group")
    content = content_of(sorted(set(persons)))
    before = made_before(manifest, key, Kind.UNMERGE, content)
    if before is not None:
        return Done(key, before.version, True)
    with manifest.transaction():
        merged = manifest.merged()
        for number in {manifest.person(name) for name in persons}:
            merged = _without(merged, number)
        version = manifest.add_version(Change(Kind.UNMERGE, key, content, reason))
        manifest.set_merged(merged, version)
    return Done(key, version, False)


def _without(merged: dict[int, int], person: int) -> dict[int, int]:
    """The table without a person; where others stood for that number, they stand for the lowest of them."""
    if person in merged:
        return {other: of for other, of in merged.items() if other != person}
    left = sorted(other for other, of in merged.items() if of == person)
    if not left:
        raise InvalidValue("persons", "one of them is merged with nobody", "Name those only who are")
    return {other: left[0] if of == person else of for other, of in merged.items() if other != left[0]}


def group_of(merged: dict[int, int], person: int) -> list[int]:
    """Every number of a person's human, ascending."""
    target = merged.get(person, person)
    return sorted({target, *(other for other, of in merged.items() if of == target)})
