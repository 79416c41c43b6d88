"""Opens the parts of one twin and holds them while the server runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.audit import PersonLog
from api.states import States
from api.tilesets import Tilesets
from scenes.base import City
from scenes.inventory import Inventory
from tiles.vector.maps import Maps
from twin.live import Live, declare
from twin.presence import Presence
from twin.pseudonyms import Pseudonyms
from twin.settings import Settings
from twin.store import Store


@dataclass(frozen=True, slots=True)
class Served:
    """One opened twin and what serving it needs."""

    settings: Settings
    city: City
    persons: PersonLog
    maps: Maps
    tilesets: Tilesets
    states: States

    @property
    def tiles(self) -> Path:
        """The folder of the tile layers."""
        return self.city.store.folder / "tiles"

    def close(self) -> None:
        """Finish what is under way and close every part."""
        self.states.close()
        self.tilesets.stop()
        self.city.live.close()
        if self.city.presence is not None:
            self.city.presence.close()
        self.city.store.close()


def open_live(folder: Path, inventory: Inventory) -> Live:
    """The live engine over every device that declares properties."""
    devices = inventory.devices
    return Live.open(folder / "history", declare(devices.ids, devices.kinds, devices.properties, devices.lonlat))


def open_twin(settings: Settings) -> Served:
    """Open the twin that the settings name. Raises NotATwin where there is none."""
    store = Store.open(settings.folder, database_url=settings.database_url)
    try:
        zone = settings.zone or store.meta.zone
        inventory = Inventory(store)
        presence = store.folder / "presence"
        city = City(
            store=store,
            inventory=inventory,
            live=open_live(store.folder, inventory),
            presence=Presence.open(presence, zone=zone) if presence.is_dir() else None,
            pseudonyms=Pseudonyms.open(store.folder),
            zone=zone,
        )
        tilesets = Tilesets(store)
        persons = PersonLog(store.folder / "audit")
        return Served(settings, city, persons, Maps(store), tilesets, States(city, tilesets))
    except BaseException:
        store.close()
        raise


def _served(connection: HTTPConnection) -> Served:
    served: Served = connection.app.state.served
    return served


def _city(connection: HTTPConnection) -> City:
    return _served(connection).city


Serving = Annotated[Served, Depends(_served)]
"""A route's parameter of this type is the opened twin and its settings."""

TheCity = Annotated[City, Depends(_city)]
"""A route's parameter of this type is the opened twin."""
