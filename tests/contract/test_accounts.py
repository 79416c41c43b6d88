"""Accounts: nothing that logs in is kept in the clear, and everything that ends has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.contract.conftest import Home
from twin.errors import Conflict, InvalidValue, NotLoggedIn
from twin.store import ROLES, Account, Store
from twin.store.tables import account, login_link, session

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with little work: what is slow by design is not what these tests are about."""
    monkeypatch.setattr("twin.store.accounts._HASHER", PasswordHasher(time_cost=1, memory_cost=1024))


@pytest.fixture
def lin(store: Store) -> Account:
    return store.accounts.add("lin", PASSWORD, "investigator", scope="440309")


def test_log_in(store: Store, lin: Account) -> None:
    assert lin == Account("lin", "investigator", "440309")
    assert store.accounts.check("lin", PASSWORD) == lin
    assert store.accounts.users() == [lin]
    for user, password in (("lin", "wrong password"), ("nobody", PASSWORD), ("lin", "")):
        with pytest.raises(NotLoggedIn):
            store.accounts.check(user, password)


@pytest.mark.parametrize(
    ("user", "password", "role"),
    [("", PASSWORD, "wall"), (" a", PASSWORD, "wall"), ("a\n", PASSWORD, "wall"), ("a", "7 chars", "wall"),
     ("a", PASSWORD, "king")],
)  # fmt: skip
def test_what_is_no_account(store: Store, user: str, password: str, role: str) -> None:
    with pytest.raises(InvalidValue) as error:
        store.accounts.add(user, password, role)
    assert password not in str(error.value)
    assert store.accounts.users() == []


def test_names_are_taken_once(store: Store, lin: Account) -> None:
    with pytest.raises(Conflict):
        store.accounts.add("lin", PASSWORD, "wall")
    for role in ROLES:
        store.accounts.add(role, PASSWORD, role)
    assert len(store.accounts.users()) == 1 + len(ROLES)


def test_sessions(store: Store, lin: Account, set_clock: Callable[[int], None]) -> None:
    now = int(time.time())
    token = store.accounts.open_session(lin, 60)
    other = store.accounts.open_session(lin, 60)
    assert token != other
    assert store.accounts.session(token) == lin
    store.accounts.close_session(token)
    store.accounts.close_session(token)
    with pytest.raises(NotLoggedIn):
        store.accounts.session(token)
    assert store.accounts.session(other) == lin
    set_clock(now + 62)
    with pytest.raises(NotLoggedIn):
        store.accounts.session(other)
    with pytest.raises(InvalidValue):
        store.accounts.open_session(lin, 0)


def test_a_link_logs_in_once(store: Store, lin: Account, set_clock: Callable[[int], None]) -> None:
    now = int(time.time())
    token = store.accounts.one_time_link("lin")
    assert store.accounts.redeem(token) == lin
    with pytest.raises(NotLoggedIn):
        store.accounts.redeem(token)
    late = store.accounts.one_time_link("lin", seconds=10)
    set_clock(now + 100)
    with pytest.raises(NotLoggedIn):
        store.accounts.redeem(late)
    with pytest.raises(InvalidValue):
        store.accounts.one_time_link("nobody")


def test_a_new_password_ends_everything(store: Store, lin: Account) -> None:
    token, link = store.accounts.open_session(lin, 60), store.accounts.one_time_link("lin")
    store.accounts.set_password("lin", "another long one")
    assert store.accounts.check("lin", "another long one") == lin
    with pytest.raises(NotLoggedIn):
        store.accounts.check("lin", PASSWORD)
    with pytest.raises(NotLoggedIn):
        store.accounts.session(token)
    with pytest.raises(NotLoggedIn):
        store.accounts.redeem(link)
    with pytest.raises(InvalidValue):
        store.accounts.set_password("nobody", "another long one")


def test_only_hashes_are_kept(home: Home) -> None:
    with home.create() as store:
        lin = store.accounts.add("lin", PASSWORD, "admin")
        tokens = [store.accounts.open_session(lin, 60), store.accounts.one_time_link("lin")]
        with store.database.reading() as connection:
            rows = [connection.execute(select(table)).all() for table in (account, session, login_link)]
    kept = repr(rows)
    assert "argon2id" in kept
    assert not any(secret in kept for secret in [PASSWORD, *tokens])
