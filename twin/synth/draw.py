"""Draws that depend on the seed and on what is drawn alone: never on the order of the work."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.types import F64, U64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A generator for one purpose: adding a purpose leaves the draws of all others as they were."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def mixed(*parts: ArrayLike) -> U64:
    """Integers, broadcast against each other, to well-mixed u64 (splitmix64 over each in turn)."""
    state: NDArray[np.uint64] = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = (state ^ np.asarray(part).astype(np.uint64)) + _GOLDEN
            state = (state ^ (state >> np.uint64(30))) * _M1
            state = (state ^ (state >> np.uint64(27))) * _M2
            state = state ^ (state >> np.uint64(31))
    return state


def uniform(*parts: ArrayLike) -> F64:
    """The same, as numbers in [0, 1)."""
    return np.asarray((mixed(*parts) >> np.uint64(11)).astype(np.float64) * 2.0**-53, dtype=np.float64)
