"""The first tables: entities with two time axes, meshes, changes, imports, places, accounts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_JSON = sa.Text().with_variant(JSON(), "postgresql")


def upgrade() -> None:
    """Make everything."""
    _model()
    _footprint()
    _journal()
    _people()


def _needed(name: str, type_: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _box() -> list[sa.Column[float]]:
    return [sa.Column(side, sa.Double) for side in ("west", "south", "east", "north")]


def _model() -> None:
    op.create_table(
        "meta",
        sa.Column("id", sa.Integer, primary_key=True),
        _needed("name", sa.Text),
        _needed("zone", sa.Text),
        _needed("created_at", sa.BigInteger),
        sa.Column("ground_m", sa.Double),
        _needed("feed", sa.Text),
    )
    op.create_table(
        "entity_number",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "entity",
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _needed("number", sa.BigInteger),
        _needed("kind", sa.Text),
        sa.Column("parent", sa.Text),
        *_box(),
        sa.Column("base_m", sa.Double),
        sa.Column("height_m", sa.Double),
        sa.Column("storeys", sa.Integer),
        sa.Column("storeys_below", sa.Integer),
        _needed("attributes", _JSON),
        _needed("label", sa.Text),
        sa.Column("cim_level", sa.Integer),
        sa.Column("grid_code", sa.Text),
        _needed("source", sa.Text),
        sa.Column("valid_from", sa.BigInteger),
        sa.Column("valid_to", sa.BigInteger),
        _needed("recorded_from", sa.BigInteger),
        sa.Column("recorded_to", sa.BigInteger),
        sa.Column("import_id", sa.Integer),
        _needed("digest", sa.LargeBinary),
        _needed("has_mesh", sa.Boolean),
    )
    now: Any = {f"{dialect}_where": sa.text("recorded_to IS NULL") for dialect in ("sqlite", "postgresql")}
    op.create_index("entity_now", "entity", ["number"], unique=True, **now)
    op.create_index("entity_history", "entity", ["number", "recorded_from"])
    op.create_index("entity_kind", "entity", ["kind", "number", "valid_from", "valid_to"], **now)
    op.create_index("entity_parent", "entity", ["parent"], **now)
    op.create_table(
        "mesh",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("lod", sa.Text, primary_key=True),
        _needed("body", sa.LargeBinary),
    )


def _footprint() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE entity ADD COLUMN footprint geometry(Geometry, 4326)")
        op.execute("CREATE INDEX entity_footprint ON entity USING gist (footprint)")
    else:
        op.execute("SELECT AddGeometryColumn('entity', 'footprint', 4326, 'GEOMETRY', 'XY')")
        op.execute("SELECT CreateSpatialIndex('entity', 'footprint')")
        # The writer checks footprints and feeds the index a batch at a time: row by row, in triggers, the same work
        # takes five times as long.
        for trigger in ("ggi", "gii", "tmi"):
            op.execute(f"DROP TRIGGER IF EXISTS {trigger}_entity_footprint")


def _journal() -> None:
    op.create_table(
        "import",
        sa.Column("id", sa.Integer, primary_key=True),
        *(_needed(name, sa.Text) for name in ("name", "format", "crs", "datum", "vertical")),
        *(_needed(name, sa.BigInteger) for name in ("imported_at", "recorded_at")),
        *(_needed(name, sa.Integer) for name in ("added", "changed", "unchanged", "rejected")),
        _needed("issues", _JSON),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _needed("recorded_at", sa.BigInteger),
        _needed("op", sa.Text),
        _needed("number", sa.BigInteger),
        _needed("kind", sa.Text),
        *_box(),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _needed("import_id", sa.Integer),
        *(_needed(name, sa.Text) for name in ("code", "path", "message", "severity")),
    )
    op.create_index("quarantine_import", "quarantine", ["import_id", "id"])


def _people() -> None:
    op.create_table(
        "place",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        _needed("number", sa.BigInteger),
        _needed("floor", sa.Integer),
        _needed("lon", sa.Double),
        _needed("lat", sa.Double),
        _needed("own", sa.Boolean),
    )
    op.create_index("place_entity", "place", ["number", "floor"], unique=True)
    op.create_table(
        "account",
        sa.Column("name", sa.Text, primary_key=True),
        *(_needed(name, sa.Text) for name in ("password_hash", "role", "scope")),
        _needed("created_at", sa.BigInteger),
    )
    for name in ("session", "login_link"):
        op.create_table(
            name,
            sa.Column("token_hash", sa.LargeBinary, primary_key=True),
            _needed("account", sa.Text),
            _needed("expires_at", sa.BigInteger),
        )
