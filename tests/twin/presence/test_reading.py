"""Where keys are: the search by fences equals the plain one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.presence.kernels.layout import FENCE, Places
from twin.presence.kernels.reading import keys_between


@settings(deadline=None)
@given(
    st.sampled_from([0, 1, FENCE - 1, FENCE, FENCE + 1, 3 * FENCE, 3 * FENCE + 7]),
    st.integers(0, 8 * FENCE),
    st.one_of(st.integers(0, 40), st.integers(0, 9 * FENCE)),
    st.integers(0, 2**32),
)
def test_keys_between(count: int, lo: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    keys = np.sort(random.choice(8 * FENCE, count, replace=False)).astype(np.uint64)
    hi = min(lo + width, 8 * FENCE)
    nothing32, nothing8 = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint8)
    plain = tuple(np.searchsorted(keys, np.array([lo, max(lo, hi)], dtype=np.uint64)).tolist())
    for fences in (keys[::FENCE].copy(), keys[:0]):
        places = Places(keys, keys, fences, nothing32, nothing8, 0)
        assert keys_between(places, np.uint64(lo), np.uint64(max(lo, hi))) == plain
