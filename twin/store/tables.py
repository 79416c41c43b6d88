"""The tables, as SQLAlchemy sees them. The migrations make them; a test holds the two equal."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

JsonText = Text().with_variant(JSON(), "postgresql")
"""JSON kept as its own text: it comes back as written, byte for byte."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ground_m", Double),
    Column("feed", Text, nullable=False),
)

imports = Table(
    "import",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("crs", Text, nullable=False),
    Column("datum", Text, nullable=False),
    Column("vertical", Text, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("issues", JsonText, nullable=False),
)

entity_number = Table(
    "entity_number",
    metadata,
    Column("number", BigInteger, primary_key=True),  # 1, 2, 3, …: never given to another entity
    Column("id", Text, nullable=False, unique=True),
)

entity = Table(
    "entity",
    metadata,
    Column("version", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    Column("footprint", Geometry("GEOMETRY", srid=4326, spatial_index=False)),
    Column("west", Double),
    Column("south", Double),
    Column("east", Double),
    Column("north", Double),
    Column("base_m", Double),
    Column("height_m", Double),
    Column("storeys", Integer),
    Column("storeys_below", Integer),
    Column("attributes", JsonText, nullable=False),
    Column("label", Text, nullable=False),  # what `find(text=)` looks through, folded to lower case
    Column("cim_level", Integer),
    Column("grid_code", Text),
    Column("source", Text, nullable=False),
    Column("valid_from", BigInteger),
    Column("valid_to", BigInteger),
    Column("recorded_from", BigInteger, nullable=False),
    Column("recorded_to", BigInteger),
    Column("import_id", Integer),
    Column("digest", LargeBinary, nullable=False),  # of the content: equal digests, equal versions
    Column("has_mesh", Boolean, nullable=False),
)

mesh = Table(
    "mesh",
    metadata,
    Column("version", BigInteger, primary_key=True),
    Column("lod", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # `twin.store.meshes` says how
)

change = Table(
    "change",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("op", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("west", Double),
    Column("south", Double),
    Column("east", Double),
    Column("north", Double),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("import_id", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("severity", Text, nullable=False),
)

place = Table(
    "place",
    metadata,
    Column("key", BigInteger, primary_key=True),  # the u64 with its top bit flipped, so that it sorts as signed
    Column("number", BigInteger, nullable=False),
    Column("floor", Integer, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("own", Boolean, nullable=False),  # the first key that the entity was given
)

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

login_link = Table(
    "login_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
