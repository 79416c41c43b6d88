"""Which files stand beside a source: texture images, thousands of them in one archive."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from twin.ingest.source import Source, zip_members
from twin.issues import Issue, Severity


@dataclass(slots=True)
class Beside:
    """Answers for one source; an archive's table of contents is read once."""

    source: Source
    _members: frozenset[str] | None = field(default=None, init=False)

    def has(self, relative: str) -> bool:
        """Whether there is a file of this name, relative to the source."""
        if self.source.member is None:
            return self.source.sibling(relative) is not None
        if self._members is None:
            self._members = frozenset(zip_members(self.source.path))
        folder = posixpath.dirname(self.source.member)
        return posixpath.normpath(posixpath.join(folder, relative.replace("\\", "/"))) in self._members

    def missing_texture(self, image: str, *folders: str) -> Issue | None:
        """A note if an image is neither beside the source nor in one of the folders; images on the web are left."""
        if not image or "://" in image or any(self.has(folder + image) for folder in ("", *folders)):
            return None
        path = f"{self.source.name} {image}"
        return Issue("texture.missing", path, "the image is not beside the file", Severity.NOTE)
