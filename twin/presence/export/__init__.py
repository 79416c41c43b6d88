"""Answers as files and byte streams: rows in batches to Arrow, Parquet, CSV and NDJSON, one writer a file.

The rows of a page come as they stand in a JSON answer, beside the record batch made of them; nothing here knows what
they mean. Whatever the size of an answer, one batch of it is in memory.
"""

from twin.presence.export.batches import Batch, Writer
from twin.presence.export.files import whole_file
from twin.presence.export.formats import FORMATS, GRAPHML, Format, accepted_format, format_of, formats_for
from twin.presence.export.streams import encoded

__all__ = [
    "FORMATS",
    "GRAPHML",
    "Batch",
    "Format",
    "Writer",
    "accepted_format",
    "encoded",
    "format_of",
    "formats_for",
    "whole_file",
]
