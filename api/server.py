"""Runs the application: checks what can be checked before the first request, prints the address, stops cleanly."""

from __future__ import annotations

import gc
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable

import uvicorn

from api.app import create_app
from api.protocol import BoundedHeads
from twin.errors import Forbidden, InvalidValue, PortInUse
from twin.settings import Settings
from twin.store import Store

STOP_AFTER_S = 3
"""How long open connections may finish after Ctrl-C."""

ADMIN = "admin"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def take_port(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything is opened, so that a second server never touches the twin."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except socket.gaierror as error:
        listener.close()
        raise InvalidValue(f"host {host}", "it is no address of this machine", "Give an IP address") from error
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"port {port} on {host}", error.strerror or "it cannot be taken", "Give another one with --port"
        ) from error
    return listener


def check_reach(settings: Settings) -> None:
    """Refuse an address that others can reach while nobody has an account."""
    if is_loopback(settings.host):
        return
    with Store.open(settings.folder, database_url=settings.database_url) as store:
        if not store.accounts.users():
            raise Forbidden(
                f"address {settings.host}",
                "others could reach this twin and it has no accounts yet",
                f"Add one first: twin user add {settings.folder} NAME --role admin",
            )


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then the word that requests are answered."""
        await super().startup(sockets)
        gc.freeze()  # modules stay: searching them for waste would hold up requests by 0.2 s each time
        if self.started:
            self._ready()


def first_link(store: Store, address: str, *, wanted: bool) -> str:
    """A one-time log-in link for an admin: on the first start, which makes the account `admin`, or when wanted."""
    accounts = store.accounts
    if not accounts.users():
        accounts.add(ADMIN, secrets.token_urlsafe(32), ADMIN)
    elif not wanted:
        return ""
    admins = [account.user for account in accounts.users() if account.role == ADMIN]
    return f"{address}/login/{accounts.one_time_link(admins[0])}" if admins else ""


def serve(settings: Settings, ready: Callable[[str, str], None], *, link: bool = False) -> None:
    """Serve one twin until Ctrl-C. `ready(address, link)` is called as soon as requests are answered."""
    check_reach(settings)
    listener = take_port(settings.host, settings.port)
    try:
        app = create_app(settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,  # paths may carry one-time tokens
            timeout_graceful_shutdown=STOP_AFTER_S,
            loop="uvloop",
            http=BoundedHeads,
            ws="websockets-sansio",
            server_header=False,
        )
        token = first_link(app.state.served.city.store, address, wanted=link)
        _Server(config, lambda: ready(address, token)).run(sockets=[listener])
    except KeyboardInterrupt:
        return  # the orderly end: uvicorn has closed everything before it passes Ctrl-C on
    finally:
        gc.unfreeze()
        listener.close()
