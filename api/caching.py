"""What clients keep: entity tags."""

from __future__ import annotations


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header names this tag."""
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))
