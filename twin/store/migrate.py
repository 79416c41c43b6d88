"""Bring a database to the tables of this version of the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect, text

from twin.errors import NotATwin

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


HEAD = ScriptDirectory.from_config(_config()).get_current_head()
"""The number of the last step."""


def current(connection: Connection) -> str | None:
    """The step that a database stands at; None where it is not a twin's."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Run every pending step in the caller's transaction. `NotATwin` for a database from a newer program."""
    if current(connection) == HEAD:
        return
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        way_out = "Open it with that version of the program"
        raise NotATwin("the twin's database", "it was made by another version of the program", way_out) from error
