"""From files to entities: one source format per file here, streaming, with an issue for every fault in the data."""

from __future__ import annotations

from twin.ingest.formats import FORMATS, Format, Reader
from twin.ingest.source import Options, Source

__all__ = ["FORMATS", "Format", "Options", "Reader", "Source"]
