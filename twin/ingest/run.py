"""The import: plan, then one transaction per source; what cannot be read as a whole leaves the twin as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from twin.entity import Entity
from twin.errors import EmptySource, TwinError, WrongCrs
from twin.ingest.fixload import check_fixes, load_fixes
from twin.ingest.guess import UntoldKind
from twin.ingest.linking import AREAS, Linker, relink
from twin.ingest.plan import FIX_KINDS, Planned, plan
from twin.ingest.plausible import Plausibility
from twin.ingest.report import ImportReport, IssueSpool, SourceReport
from twin.ingest.source import Options, Source
from twin.ingest.stayload import check_stays, load_stays
from twin.ingest.staytables import TABLES
from twin.issues import Issue, Severity
from twin.kinds import KINDS
from twin.store import SourceInfo, Store

__all__ = ["dry_run", "plan", "run_import"]

Progress = Callable[[str, int, int], None]
"""Called with (source, bytes read, bytes in all)."""

_OFF_EARTH = frozenset({"geometry.outside-earth"})
_EVERY = 500


def run_import(store: Store, paths: Iterable[Path], options: Options, progress: Progress | None = None) -> ImportReport:
    """Import everything under the paths. Each source is one transaction: whole or not at all.

    A source that has to be stopped is reported as failed and the others go on; where every source failed, the first
    error is raised.
    """
    report = ImportReport(dry_run=False)
    before = Plausibility.of(store)
    for item in plan(paths, options):
        report.sources.append(_run_one(item, options, before, store, progress))
    if areas := {kind for kind in report.taken if kind in AREAS}:
        report.linked = relink(store, tuple(kind.id for kind in KINDS if areas.intersection(kind.parents)))
    store.refresh_meta()
    return _finished(report)


def dry_run(
    paths: Iterable[Path], options: Options, progress: Progress | None = None, store: Store | None = None
) -> ImportReport:
    """What `run_import` would take and refuse, into `store` if that twin is there already; nothing is stored."""
    report = ImportReport(dry_run=True)
    before = Plausibility.of(store)
    planned = plan(paths, options)
    # Places that come with the same import are not in the twin yet: then named places cannot be checked.
    alone = all(item.format is None or item.format.id in TABLES for item in planned)
    for item in planned:
        known = store if alone else None
        report.sources.append(_run_one(item, options, before, None, progress, known=known))
    return _finished(report)


def _finished(report: ImportReport) -> ImportReport:
    if report.failed and not any(source.status in ("taken", "would-take") for source in report.sources):
        error = report.failed[0].error
        if error is not None:
            raise error
    return report


def _run_one(
    item: Planned,
    options: Options,
    plausibility: Plausibility,
    store: Store | None,
    progress: Progress | None,
    *,
    known: Store | None = None,
) -> SourceReport:
    """One source into `store`; without one, it is only looked at, with the places of the twin `known`, if any."""
    source = item.source
    if item.format is None:
        status = "failed" if item.error else "skipped"
        return SourceReport(
            source.name, "", status, item.reason, item.error.way_out if item.error else "", error=item.error
        )
    report = SourceReport(source.name, item.format.id, "taken" if store else "would-take")
    if item.format.id in TABLES:
        return _run_stays(item, options, report, store=store, known=known, progress=progress)
    spool = IssueSpool()
    with closing(spool):
        stream = item.format.read(source, options)
        try:
            entities = _sorted_out(stream, report, spool, _ticks(source, progress))
            checked = plausibility.watch(entities, options, source.name)
            if store is None:
                for entity in checked:
                    report.taken[entity.kind] += 1
            else:
                _write(store, item, options, Linker(store).link(checked), spool=spool, report=report)
        except TwinError as error:
            return _stopped(report, error, passed_over=isinstance(error, UntoldKind) and not item.named)
    if store is not None:
        plausibility.refresh(store)
    return report


def _run_stays(
    item: Planned,
    options: Options,
    report: SourceReport,
    *,
    store: Store | None,
    known: Store | None,
    progress: Progress | None,
) -> SourceReport:
    """Stays go to the presence store; what was refused of them goes to the same quarantine list as everything."""
    spool = IssueSpool()

    def issue(fault: Issue) -> None:
        report.note(fault)
        spool.put(fault)

    source, format_id = item.source, report.format
    tick = _ticks(source, progress)
    check, load = (check_fixes, load_fixes) if options.kind in FIX_KINDS else (check_stays, load_stays)
    with closing(spool):
        try:
            if store is None:
                count = check(source, options, known, format_id=format_id, issue=issue, tick=tick)
                report.taken["stay"] = count
                report.reason = "" if known else "whether the twin has the named places was not checked"
                return report
            loaded = load(source, options, store, format_id=format_id, issue=issue, tick=tick)
        except TwinError as error:
            return _stopped(report, error, passed_over=False)
        report.taken["stay"] = loaded.stored + loaded.repeated
        report.added, report.unchanged = loaded.stored, loaded.repeated
        if loaded.repeated:
            rest = f"; {loaded.stored:,} more are stored now" if loaded.stored else "; nothing was stored again"
            report.reason = f"{loaded.repeated:,} of its stays were imported before{rest}"
        if loaded.stored:
            report.import_id = store.write((), source=_info(item, options), issues=spool.drain()).import_id
    return report


def _write(
    store: Store,
    item: Planned,
    options: Options,
    entities: Iterator[Entity],
    *,
    spool: IssueSpool,
    report: SourceReport,
) -> None:
    def counted() -> Iterator[Entity]:
        for entity in entities:
            report.taken[entity.kind] += 1
            yield entity

    written = store.write(counted(), source=_info(item, options), issues=spool.drain())
    report.import_id = written.import_id
    report.added, report.changed, report.unchanged = written.added, written.changed, written.unchanged
    report.refused = written.rejected
    report.rules |= written.rules  # what the store itself refused or noted, too


def _info(item: Planned, options: Options) -> SourceInfo:
    return SourceInfo(
        name=options.source_name or item.source.name,
        format=item.format.id if item.format else "",
        crs=options.crs or "",
        datum=options.datum or "wgs84",
        vertical="" if options.vertical is None else str(options.vertical),
        imported_at=int(time.time()),
    )


def _sorted_out(
    stream: Iterator[Entity | Issue], report: SourceReport, spool: IssueSpool, tick: Callable[[], None]
) -> Iterator[Entity]:
    """Entities go on, issues are counted and put aside. A source none of which can be placed has the wrong CRS."""
    entities = off_earth = 0
    example = ""
    for n, item in enumerate(stream):
        if n % _EVERY == 0:
            tick()
        if isinstance(item, Issue):
            report.note(item)
            spool.put(item)
            if item.code in _OFF_EARTH:
                off_earth += 1
                example = example or item.path
        else:
            entities += 1
            yield item
    tick()
    if off_earth > entities:
        reason = f"{off_earth} of its {off_earth + entities} objects are not on Earth in this reference system"
        raise WrongCrs(report.name, f"{reason}, such as {example}", "Say which one it is, such as --crs EPSG:28992")
    if not entities:
        refusals = (kept[0] for (_, severity), kept in report.examples.items() if severity == Severity.REJECTED)
        first = next(refusals, None)
        reason = "it holds nothing to import"
        if first is not None:
            reason = f"none of its {report.refused} objects could be taken: {first.message}"
        raise EmptySource(report.name, reason, "Check that it is the right file")


def _stopped(report: SourceReport, error: TwinError, *, passed_over: bool) -> SourceReport:
    """A source that ended early. Of a whole folder, a file that does not say what it is about is passed over."""
    report.status = "skipped" if passed_over else "failed"
    report.reason, report.way_out, report.error = error.reason, error.way_out, error
    report.taken.clear()
    return report


def _ticks(source: Source, progress: Progress | None) -> Callable[[], None]:
    if progress is None:
        return lambda: None
    size = source.size

    def tick() -> None:
        progress(source.name, source.bytes_read, size)

    return tick
