"""The model's store: SpatiaLite in the twin's folder, or PostGIS. The only home of SQL for the model."""

from twin.store.accounts import ROLES, Accounts
from twin.store.places import Places
from twin.store.records import (
    Account,
    Change,
    Columns,
    ImportRecord,
    Page,
    PlaceInfo,
    PlaceTable,
    QuarantinePage,
    QuarantineRow,
    SourceInfo,
    TwinMeta,
    WriteReport,
)
from twin.store.store import Store
from twin.store.terrain import TERRAIN
from twin.store.values import Values

__all__ = [
    "ROLES",
    "TERRAIN",
    "Account",
    "Accounts",
    "Change",
    "Columns",
    "ImportRecord",
    "Page",
    "PlaceInfo",
    "PlaceTable",
    "Places",
    "QuarantinePage",
    "QuarantineRow",
    "SourceInfo",
    "Store",
    "TwinMeta",
    "Values",
    "WriteReport",
]
