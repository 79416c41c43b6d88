"""Which places a rule is about: homes, offices, restaurants, by what the model says of premises and buildings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenes.epidemic.areas import above, key_ranges
from scenes.epidemic.keeping import kept
from scenes.epidemic.rulebook.schema import Setting
from twin.errors import InvalidValue
from twin.presence import KeyRanges
from twin.store import Store
from twin.types import U32, Bools


def setting_ranges(store: Store, setting: Setting) -> KeyRanges:
    """The keys of every place of a setting. A place in premises or a hub is theirs, not its building's.

    Raises InvalidValue where the twin has no such place.
    """
    return kept(store, f"setting {setting.model_dump_json()}", lambda: _read(store, setting))


def _read(store: Store, setting: Setting) -> KeyRanges:
    table, parents = store.places.table(), store.parents()
    kinds = (
        ("premises", "category", setting.premises),
        ("hub", "mode", setting.hubs),
        ("building", "use", setting.building_use),
    )
    meant = np.zeros(len(table.keys), dtype=np.bool_)
    taken = np.zeros(len(table.keys), dtype=np.bool_)
    for kind, attribute, words in kinds:
        owner = above(table.numbers, parents, store.columns(kind).numbers)
        meant |= ~taken & _among(owner, _called(store, kind, attribute, words))
        taken |= owner > 0
    if not meant.any():
        words = (*setting.premises, *setting.hubs, *setting.building_use)
        way_out = (
            "Set setting.building_use, setting.premises or setting.hubs to the words of your data, or setting=none"
        )
        raise InvalidValue("setting", f"no place of this twin is one of {', '.join(words)}", way_out)
    keys = table.keys[meant]
    return key_ranges(keys, np.zeros(len(keys), dtype=np.int64))[0]


def _called(store: Store, kind: str, attribute: str, words: Sequence[str]) -> U32:
    """The numbers of the entities of a kind with one of some words in an attribute."""
    if not words:
        return np.empty(0, dtype=np.uint32)
    columns = store.columns(kind, [attribute])
    wanted = {word.lower() for word in words}
    among = [str(value).lower() in wanted for value in columns.attributes[attribute].tolist()]
    return columns.numbers[np.array(among, dtype=np.bool_)]


def _among(owner: U32, numbers: U32) -> Bools:
    return np.asarray(np.isin(owner, numbers) & (owner > 0), dtype=np.bool_)
