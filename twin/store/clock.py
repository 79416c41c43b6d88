"""The store's clock: one place to ask, and one for a test to set."""

from __future__ import annotations

import time


def now() -> int:
    """UTC seconds."""
    return int(time.time())
