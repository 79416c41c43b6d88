"""Forms of roofs: what each is called in the sources, and its profile from the eaves to the ridge.

A form is a field over the footprint (0 to 1, linear in each triangle) and a profile that turns it into a height:

across   from one side of the footprint to the other, square to the ridge: skillion, gabled, gambrel, round
inward   from the nearest edge inwards: hipped, mansard
middle   from the rim to the centroid: pyramidal, dome
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.types import F64, I64, U8, Bools

FLAT = 0

FORMS: tuple[str, ...] = (
    "flat", "skillion", "gabled", "gambrel", "round", "hipped", "mansard", "pyramidal", "dome", "unknown",
)  # fmt: skip
"""Names of the forms by their code; `unknown` is whatever is stated but not built."""

UNKNOWN = FORMS.index("unknown")

ACROSS = frozenset(FORMS.index(name) for name in ("skillion", "gabled", "gambrel", "round"))
INWARD = frozenset(FORMS.index(name) for name in ("hipped", "mansard"))
MIDDLE = frozenset(FORMS.index(name) for name in ("pyramidal", "dome"))

_SAME_AS = {
    "hip": "hipped",
    "half-hipped": "hipped",
    "monopitch": "skillion",
    "lean_to": "skillion",
    "saltbox": "gabled",
    "gable": "gabled",
    "vault": "round",
    "arch": "round",
    "barrel": "round",
    "pavilion": "pyramidal",
    "pyramid": "pyramidal",
    "cone": "pyramidal",
    "conical": "pyramidal",
    "pyramidal broach": "pyramidal",
    "cupola": "dome",
    "onion": "dome",
}
"""Names of OpenStreetMap and of CityGML's code list (in words) that are one of our forms, or nearest to it."""


def form_code(name: str | None) -> int:
    """The code of a form by any of its names; nothing stated is flat, a name that is not known is `unknown`."""
    word = (name or "flat").strip().lower().replace("_", " ")
    word = _SAME_AS.get(word, _SAME_AS.get(word.replace(" ", "_"), word))
    return FORMS.index(word) if word in FORMS else UNKNOWN


def _arc(first: float, last: float, steps: int) -> F64:
    return np.radians(np.linspace(first, last, steps + 1))


_PROFILES: dict[str, tuple[F64, F64]] = {
    "skillion": (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
    "gabled": (np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.0])),
    "gambrel": (np.array([0.0, 0.2, 0.5, 0.8, 1.0]), np.array([0.0, 0.65, 1.0, 0.65, 0.0])),
    "round": ((1 - np.cos(_arc(0, 180, 8))) / 2, np.sin(_arc(0, 180, 8))),
    "hipped": (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
    "mansard": (np.array([0.0, 0.3, 1.0]), np.array([0.0, 0.7, 1.0])),
    "pyramidal": (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
    "dome": (1 - np.cos(_arc(0, 90, 5)), np.sin(_arc(0, 90, 5))),
}


def profile(form: int) -> tuple[F64, F64]:
    """(k,) knots of the field, ascending from 0 to 1, and (k,) shares of the roof's height there."""
    return _PROFILES[FORMS[form]]


@dataclass(frozen=True, slots=True, eq=False)
class Roofs:
    """What is stated of the roofs of n footprints.

    form      (n,) positions in FORMS
    height_m  (n,) from the eaves to the top, metres; NaN where not known
    facing    (n,) degrees clockwise from north that the roof (one side of it) falls to; NaN where not known
    crosswise (n,) whether the ridge runs across the long side of the footprint
    """

    form: U8
    height_m: F64
    facing: F64
    crosswise: Bools

    @classmethod
    def flat(cls, count: int) -> Roofs:
        """Flat ones."""
        nan = np.full(count, np.nan)
        return cls(np.zeros(count, dtype=np.uint8), nan, nan, np.zeros(count, dtype=np.bool_))

    def take(self, rows: I64 | Bools) -> Roofs:
        """Some of them, in that order."""
        return Roofs(self.form[rows], self.height_m[rows], self.facing[rows], self.crosswise[rows])


PITCH = np.tan(np.radians(30.0))
"""Of a roof whose height nobody states."""

_MOST_OF_HEIGHT = 1 / 3
"""Share of a building's height that such a roof takes at most."""


def roof_heights(roofs: Roofs, height_m: F64, run_m: F64) -> F64:
    """(n,) heights of roofs: the stated one, never above the whole (n,) height; else by a pitch of 30 degrees over the
    (n,) horizontal metres from the eaves to the top (a dome: as high as that is long), a third of the whole at most."""
    steep = np.where(roofs.form == FORMS.index("dome"), run_m, PITCH * run_m)
    assumed = np.minimum(steep, height_m * _MOST_OF_HEIGHT)
    stated = np.isfinite(roofs.height_m) & (roofs.height_m > 0)
    return np.asarray(np.where(stated, np.minimum(np.where(stated, roofs.height_m, 0.0), height_m), assumed))
