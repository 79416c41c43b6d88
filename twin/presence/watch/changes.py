"""Which watches new versions of the store may have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from twin.presence.manifest import Manifest
from twin.presence.segments.segment import Segment, SegmentGone, SegmentInfo
from twin.presence.versions import Kind, Version
from twin.presence.watch.reach import Lists

MOST_VERSIONS = 64
"""More versions than this are not looked at one by one: every watch is asked again."""

_SAME_STAYS = {Kind.COMPACTION}
_UNSEEN = {Kind.MERGE, Kind.UNMERGE, Kind.ERASURE, Kind.RETENTION}
"""Changes that segments do not show: they are of persons, or made in older versions as well."""


@dataclass(slots=True)
class Changes:
    """Versions in order, with the segments that each added or let go; `everything`: any watch may be touched."""

    everything: bool = False
    segments: list[Segment] = field(default_factory=list)
    days: list[SegmentInfo] = field(default_factory=list)  # of segments that are gone from the disk

    def touched(self, lists: Lists, watches: Iterable[str]) -> set[str]:
        """Those of the watches whose answer may be another."""
        if self.everything:
            return set(watches)
        found = set().union(*(lists.touched(segment) for segment in self.segments))
        return found.union(*(lists.on_day(info) for info in self.days)).intersection(watches)


def changes_between(
    manifest: Manifest, before: int, after: int, open_segment: Callable[[SegmentInfo], Segment]
) -> Changes:
    """What the versions after `before` up to `after` did to stays. What was put together anew is no change."""
    made = [version for version in manifest.history(before) if version.version <= after]
    if before < manifest.oldest() or len(made) > MOST_VERSIONS or any(v.kind in _UNSEEN for v in made):
        return Changes(everything=before < after)
    changes = Changes()
    for version in made:
        for info in _changed(manifest, version):
            try:
                changes.segments.append(open_segment(info))
            except SegmentGone:
                changes.days.append(info)
    return changes


def _changed(manifest: Manifest, version: Version) -> list[SegmentInfo]:
    """The segments that a version added or let go."""
    if version.kind in _SAME_STAYS:
        return []
    was = {info.file: info for info in manifest.segments(version.version - 1)}
    now = {info.file: info for info in manifest.segments(version.version)}
    return [info for file, info in (was | now).items() if (file in was) != (file in now)]
