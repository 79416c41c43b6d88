"""The bits of H3 cells, looked at a column at a time."""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.types import U64, Bools

_BASE_CELLS = 122
_UNUSED = 7


@njit(cache=True, nogil=True)
def are_cells(prefix: U64, digits: int, pentagons: Bools) -> Bools:
    """(n,) base cells each followed by `digits` digits of 3 bits, to (n,) whether that is an H3 cell.

    Unused digits are 7 and come last. A pentagon, one of the (128,) base cells marked, has no first child: the first
    digit of its descendants that is not 0 is never 1.
    """
    good = np.empty(prefix.size, dtype=np.bool_)
    for i in range(prefix.size):
        base = prefix[i] >> np.uint64(3 * digits)
        good[i] = base < _BASE_CELLS
        ended = False
        lopsided = good[i] and pentagons[base]
        for k in range(digits - 1, -1, -1):
            digit = (prefix[i] >> np.uint64(3 * k)) & np.uint64(7)
            if digit == _UNUSED:
                ended = True
            elif ended or (lopsided and digit == 1):
                good[i] = False
            if digit != 0:
                lopsided = False
    return good
