"""Idempotency keys: what was done under a key is not done again, and a key does not stand for two things."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from twin.errors import Conflict, InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.versions import Kind, Version


def made_before(manifest: Manifest, key: str, kind: Kind, content: bytes) -> Version | None:
    """The version that the same change made before, if it did. Conflict where the key stands for something else."""
    if not key:
        raise InvalidValue("idempotency key", "is empty", "Give each batch and each change a key of its own")
    before = manifest.of_key(key)
    if before is not None and (before.kind, before.content) != (kind, content):
        thing = "batch" if kind is Kind.BATCH else "change"
        raise Conflict(f"{thing} {key!r}", "was stored with other content", f"Give the new {thing} a key of its own")
    return before


def content_of(*parts: Iterable[bytes]) -> bytes:
    """SHA-256 of lists of byte strings, each with its length."""
    content = hashlib.sha256()
    for part in parts:
        values = list(part)
        content.update(len(values).to_bytes(8, "little"))
        for value in values:
            content.update(len(value).to_bytes(8, "little") + value)
    return content.digest()
