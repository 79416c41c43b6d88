"""Every error a caller can meet, in one tree. Faults in *data* are `twin.issues.Issue`, not exceptions.

TwinError                  anything we raise on purpose: a thing, a reason, a way out
├── InputError             the caller gave something that cannot be used
│   ├── UnknownFormat      no importer takes this file
│   ├── UnreadableSource   a file of the right kind that is truncated or broken
│   ├── EmptySource        a folder or file with nothing to import
│   ├── MissingCrs         a source that does not say where on Earth it is
│   ├── WrongCrs           a declared reference system that does not fit the coordinates
│   ├── InvalidWindow      a time window that is reversed, empty or too long
│   ├── InvalidValue       any other field with a value out of its range
│   └── TooMuch            a question that would read more than it may without being told
├── NotFound               the thing asked for is not in this twin
│   ├── UnknownEntity
│   ├── UnknownPerson
│   └── UnknownPlace
├── Conflict               the request contradicts what is stored (same key, other content)
├── AccessError            who asks may not
│   ├── NotLoggedIn
│   └── Forbidden
├── FolderError            the twin's folder cannot be used
│   ├── NotATwin           no twin in this folder
│   ├── FolderNotWritable
│   ├── FolderInUse        another process writes here
│   └── DiskFull
├── PortInUse
└── MissingComponent       a system part (SpatiaLite, Chromium, ...) is not installed
"""

from __future__ import annotations


class TwinError(Exception):
    """One clear line: the thing, the reason, the way out.

    Never put a person's identity into any of the three: they end in logs.
    """

    def __init__(self, thing: str, reason: str, way_out: str = "") -> None:
        self.thing = thing
        self.reason = reason
        self.way_out = way_out
        super().__init__(f"{thing}: {reason}" + (f". {way_out}" if way_out else ""))


class InputError(TwinError):
    """The caller gave something that cannot be used."""


class UnknownFormat(InputError):
    """No importer takes this file."""


class UnreadableSource(InputError):
    """A file of the right kind that is truncated or broken."""


class EmptySource(InputError):
    """A folder or file with nothing to import."""


class MissingCrs(InputError):
    """A source that does not say where on Earth it is."""


class WrongCrs(InputError):
    """A declared reference system that does not fit the coordinates."""


class InvalidWindow(InputError):
    """A time window that is reversed, empty or too long."""


class InvalidValue(InputError):
    """A field with a value out of its range."""


class TooMuch(InputError):
    """A question that would read more than it may without being told to; the reason holds the estimate."""


class NotFound(TwinError):
    """The thing asked for is not in this twin."""


class UnknownEntity(NotFound):
    """No entity with this id."""


class UnknownPerson(NotFound):
    """No record of this person. The message never repeats who was asked for."""


class UnknownPlace(NotFound):
    """No place with this id or key."""


class Conflict(TwinError):
    """The request contradicts what is stored."""


class AccessError(TwinError):
    """Who asks may not."""


class NotLoggedIn(AccessError):
    """No valid session."""


class Forbidden(AccessError):
    """A valid session without the right."""


class FolderError(TwinError):
    """The twin's folder cannot be used."""


class NotATwin(FolderError):
    """No twin in this folder."""


class FolderNotWritable(FolderError):
    """The folder cannot be written."""


class FolderInUse(FolderError):
    """Another process writes here."""


class DiskFull(FolderError):
    """The disk has no room left."""


class PortInUse(TwinError):
    """The port is taken."""


class MissingComponent(TwinError):
    """A system part is not installed."""
