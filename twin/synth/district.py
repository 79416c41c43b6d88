"""One synthetic district in memory: everything drawn, nothing stored yet."""

from __future__ import annotations

from dataclasses import dataclass

from twin.synth.city import City, build_city
from twin.synth.devices import Cameras, Sensors, draw_cameras, draw_sensors
from twin.synth.events import Events, draw_incidents, draw_resources
from twin.synth.homes import Homes, settle
from twin.synth.hubs import Hubs, draw_hubs
from twin.synth.naming import Naming, name_city
from twin.synth.people import People, draw_people
from twin.synth.premises import Premises, draw_premises
from twin.synth.spec import Spec
from twin.synth.venues import Venues, list_venues


@dataclass(frozen=True, slots=True)
class District:
    """What `twin.synth.entities` turns into entities and `twin.synth.make` into stays."""

    spec: Spec
    city: City
    naming: Naming
    hubs: Hubs
    premises: Premises
    homes: Homes
    venues: Venues
    people: People
    cameras: Cameras
    sensors: Sensors
    incidents: Events
    resources: Events


def draw_district(spec: Spec) -> District:
    """The same spec gives the same district."""
    city = build_city(spec)
    hubs, premises, homes = draw_hubs(city), draw_premises(city), settle(city)
    venues = list_venues(city, homes, premises, hubs)
    return District(
        spec=spec,
        city=city,
        naming=name_city(city),
        hubs=hubs,
        premises=premises,
        homes=homes,
        venues=venues,
        people=draw_people(spec.seed, homes, venues),
        cameras=draw_cameras(city),
        sensors=draw_sensors(city, premises, homes),
        incidents=draw_incidents(city),
        resources=draw_resources(city),
    )
