"""What an import did, source by source: what was taken, what was refused and by which rule."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from twin.errors import TwinError
from twin.issues import Issue, Severity

EXAMPLES = 3
"""Issues kept per rule as examples; all of them are in the quarantine list."""

_IN_MEMORY = 1 << 24


@dataclass(slots=True)
class SourceReport:
    """One source.

    status  "taken", "would-take" (dry run), "skipped" (no importer) or "failed" (stopped; nothing of it is kept)
    """

    name: str
    format: str
    status: str
    reason: str = ""
    way_out: str = ""
    import_id: int | None = None
    taken: Counter[str] = field(default_factory=Counter)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[Issue]] = field(default_factory=dict)
    error: TwinError | None = None

    def note(self, issue: Issue) -> None:
        """Count an issue, and keep the first few of its rule."""
        self.rules[issue.code, issue.severity.value] += 1
        self.refused += issue.severity is Severity.REJECTED
        kept = self.examples.setdefault((issue.code, issue.severity.value), [])
        if len(kept) < EXAMPLES:
            kept.append(issue)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        rules = [
            {
                "rule": code,
                "severity": severity,
                "count": count,
                "examples": [{"path": i.path, "message": i.message} for i in self.examples.get((code, severity), ())],
            }
            for (code, severity), count in self.rules.most_common()
        ]
        return {
            "source": self.name,
            "format": self.format,
            "status": self.status,
            "reason": self.reason,
            "way_out": self.way_out,
            "import_id": self.import_id,
            "taken": dict(self.taken),
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "rules": rules,
        }


@dataclass(slots=True)
class ImportReport:
    """All sources of one import."""

    dry_run: bool
    sources: list[SourceReport] = field(default_factory=list)
    linked: int = 0

    @property
    def taken(self) -> Counter[str]:
        """Entities (and stays) taken, by kind."""
        return sum((source.taken for source in self.sources), Counter())

    @property
    def failed(self) -> list[SourceReport]:
        """Sources that were stopped."""
        return [source for source in self.sources if source.status == "failed"]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "dry_run": self.dry_run,
            "taken": dict(self.taken),
            "refused": sum(source.refused for source in self.sources),
            "linked": self.linked,
            "sources": [source.as_dict() for source in self.sources],
        }


class IssueSpool:
    """Issues put aside while entities stream by: in memory at first, then in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 closed by `close`

    def put(self, issue: Issue) -> None:
        """Keep one."""
        row = (issue.code, issue.path, issue.message, issue.severity.value)
        self._file.write(orjson.dumps(row) + b"\n")

    def drain(self) -> Iterator[Issue]:
        """All of them, in order."""
        self._file.seek(0)
        for line in self._file:
            code, path, message, severity = orjson.loads(line)
            yield Issue(code, path, message, Severity(severity))

    def close(self) -> None:
        """Let go of the memory and the file."""
        self._file.close()
