"""Identities to pseudonyms: HMAC-SHA-256 under the twin's own key, cut to 128 bits.

The key lies in the twin's folder at `secret/pseudonym.key` (mode 0600), outside every engine and every log. Whoever
has only the presence files cannot say who is who.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from pathlib import Path

PSEUDONYM_BYTES = 16
_HEX = re.compile(r"[0-9a-f]{32}")


class Pseudonyms:
    """Makes pseudonyms under one twin's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, folder: Path) -> Pseudonyms:
        """Read the twin's key, or make one: a new file is synced before it is used."""
        path = folder / "secret" / "pseudonym.key"
        if path.exists():
            return cls(path.read_bytes())
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = os.urandom(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, key)
            os.fsync(handle)
        finally:
            os.close(handle)
        return cls(key)

    def of(self, identities: Iterable[str]) -> list[bytes]:
        """One pseudonym of 16 bytes per identity."""
        keyed = hmac.new(self._key, digestmod=hashlib.sha256)
        pseudonyms = []
        for identity in identities:
            mac = keyed.copy()
            mac.update(identity.encode())
            pseudonyms.append(mac.digest()[:PSEUDONYM_BYTES])
        return pseudonyms

    def resolve(self, name: str) -> bytes:
        """What a caller typed: a pseudonym of 32 hex digits stands for itself, anything else is an identity."""
        return bytes.fromhex(name) if _HEX.fullmatch(name) else self.of([name])[0]
