"""Who may log in. Passwords are kept as argon2 hashes; sessions and links only as hashes of their tokens."""

from __future__ import annotations

import hashlib
import secrets
import time

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, Table, delete, select, update

from twin.errors import Conflict, InvalidValue, NotLoggedIn
from twin.store import clock
from twin.store.database import Database
from twin.store.records import Account
from twin.store.tables import account, login_link, session

ROLES = ("wall", "planner", "investigator", "supervisor", "integrator", "admin")

SHORTEST_PASSWORD = 8

_RECENT_S = 1.0  # so long an answer about a session may be given again; a page asks for hundreds of files at once
_MOST_RECENT = 10_000

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_hex())  # checked when there is no such user, so that both take the same time


class Accounts:
    """The accounts of one twin."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: dict[bytes, tuple[Account, float]] = {}

    def add(self, user: str, password: str, role: str, scope: str = "") -> Account:
        """A new account. `Conflict` where there is one of this name."""
        if not user or user != user.strip() or not user.isprintable() or len(user) > 100:
            raise InvalidValue("user", "a name has 1 to 100 printable characters", "Take another name")
        if role not in ROLES:
            raise InvalidValue("role", f"there is no role {role!r}", f"Take one of {', '.join(ROLES)}")
        hashed = _hash(password)
        with self._database.writing() as connection:
            if _row(connection, user) is not None:
                raise Conflict("user", "there is an account of this name", "Take another name")
            values = {"name": user, "password_hash": hashed, "role": role, "scope": scope, "created_at": clock.now()}
            connection.execute(account.insert().values(**values))
        return Account(user, role, scope)

    def set_password(self, user: str, password: str) -> None:
        """A new password; every session and link of the account ends."""
        hashed = _hash(password)
        with self._database.writing() as connection:
            done = connection.execute(update(account).where(account.c.name == user).values(password_hash=hashed))
            if done.rowcount == 0:
                raise InvalidValue("user", "there is no account of this name", "Add it: twin user add")
            for table in (session, login_link):
                connection.execute(delete(table).where(table.c.account == user))
        self._recent.clear()

    def check(self, user: str, password: str) -> Account:
        """The account, when the password is right; the error does not tell which of the two was wrong."""
        with self._database.reading() as connection:
            row = _row(connection, user)
        try:
            _HASHER.verify(row.password_hash if row else _NOBODY, password)
        except (VerificationError, InvalidHashError) as error:
            raise NotLoggedIn("log-in", "the name or the password is wrong", "Try again") from error
        if row is None:
            raise NotLoggedIn("log-in", "the name or the password is wrong", "Try again")
        return Account(row.name, row.role, row.scope)

    def users(self) -> list[Account]:
        """Everybody, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(account).order_by(account.c.name)).all()
        return [Account(row.name, row.role, row.scope) for row in rows]

    def open_session(self, who: Account, seconds: int) -> str:
        """A token that stands for the account for so long."""
        return self._deal(session, who.user, seconds)

    def session(self, token: str) -> Account:
        """Who the token stands for."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(account)
                .join(session, session.c.account == account.c.name)
                .where(session.c.token_hash == _digest(token), session.c.expires_at > clock.now())
            ).one_or_none()
        if row is None:
            raise NotLoggedIn("session", "it has ended", "Log in again")
        who = Account(row.name, row.role, row.scope)
        if len(self._recent) >= _MOST_RECENT:
            self._recent.clear()
        self._recent[_digest(token)] = who, time.monotonic() + _RECENT_S
        return who

    def recent_session(self, token: str) -> Account | None:
        """What `session` answered less than a second ago, without asking the database; None: ask it.

        What this object itself ends, it ends at once; what another process ends counts a second later.
        """
        who, until = self._recent.get(_digest(token), (None, 0.0))
        return who if time.monotonic() < until else None

    def close_session(self, token: str) -> None:
        """Log out; a token that stands for nobody is no error."""
        with self._database.writing() as connection:
            connection.execute(delete(session).where(session.c.token_hash == _digest(token)))
        self._recent.pop(_digest(token), None)

    def one_time_link(self, user: str, seconds: int = 900) -> str:
        """A token that logs the user in once."""
        return self._deal(login_link, user, seconds)

    def redeem(self, token: str) -> Account:
        """Use up a one-time token."""
        with self._database.writing() as connection:
            row = connection.execute(
                select(account)
                .join(login_link, login_link.c.account == account.c.name)
                .where(login_link.c.token_hash == _digest(token), login_link.c.expires_at > clock.now())
            ).one_or_none()
            connection.execute(delete(login_link).where(login_link.c.token_hash == _digest(token)))
        if row is None:
            raise NotLoggedIn(
                "log-in link", "it was used before, or its time is over", "Ask for a new one: twin user link"
            )
        return Account(row.name, row.role, row.scope)

    def _deal(self, table: Table, user: str, seconds: int) -> str:
        if seconds <= 0:
            raise InvalidValue("seconds", f"{seconds} is not a length of time", "Give a number above 0")
        token = secrets.token_urlsafe(32)
        now = clock.now()
        with self._database.writing() as connection:
            if _row(connection, user) is None:
                raise InvalidValue("user", "there is no account of this name", "Add it: twin user add")
            connection.execute(delete(table).where(table.c.expires_at <= now))
            values = {"token_hash": _digest(token), "account": user, "expires_at": now + seconds}
            connection.execute(table.insert().values(**values))
        return token


def _row(connection: Connection, user: str) -> Row[tuple[str, str, str, str, int]] | None:
    return connection.execute(select(account).where(account.c.name == user)).one_or_none()


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        way_out = "Take a longer one"
        raise InvalidValue("password", f"it is shorter than {SHORTEST_PASSWORD} characters", way_out)
    return _HASHER.hash(password)


def _digest(token: str) -> bytes:
    """A token is 32 random bytes: a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
