"""All settings, read once from the environment (`TWIN_*`) by whoever composes, and handed down."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set. Every field is described; `docs/settings.md` is checked against it."""

    model_config = SettingsConfigDict(env_prefix="TWIN_", extra="ignore")

    folder: Path = Field(Path("twins/district"), description="The twin's folder")
    database_url: str = Field("", description="PostgreSQL address (postgresql://...); empty: SpatiaLite in the folder")
    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback requires accounts")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    zone: str = Field("", description="IANA time zone of the local day; empty: as the twin was made")
    session_hours: int = Field(12, ge=1, le=744, description="How long a log-in lasts, in hours")
    feed: bool = Field(True, description="Run the synthetic sensor feed where the twin declares one")
    language: str = Field("zh", pattern="^(zh|en)$", description="Language of a page before anybody chooses")
