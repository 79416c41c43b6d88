"""On the wire of a real server: small answers do not wait, heads have a bound, one connection carries many requests."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.protocol import HEAD_MOST
from api.server import take_port
from tests.api.conftest import PASSWORD
from tiles import Layer

TILE = "/tiles/building/0.glb"


@pytest.fixture(scope="module")
def port(twin_folder: Path) -> Iterator[int]:
    """The port of a server as its user starts it."""
    words = ["-c", "from twin.cli import run; run()", "serve", str(twin_folder), "--port", "0", "--json"]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(json.loads(server.stdout.readline())["address"].rsplit(":", 1)[1])
        server.kill()  # an orderly end waits for the kernels, and is tested elsewhere


@pytest.fixture
def line(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection that stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def log_in(line: http.client.HTTPConnection) -> dict[str, str]:
    body = json.dumps({"user": "admin", "password": PASSWORD})
    line.request("POST", "/login", body, {"Content-Type": "application/json"})
    answer = line.getresponse()
    answer.read()
    return {"Cookie": re.split(";", answer.headers["set-cookie"])[0]}


def ask(line: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    line.request(method, path, headers=headers)
    answer = line.getresponse()
    return answer.status, answer.read()


def test_a_tile_its_head_its_parts_and_its_tag_on_one_connection(line, twin_folder):
    stored = Layer(twin_folder / "tiles" / "building").view.files["0.glb"]
    who = log_in(line)
    plain = line.sock
    for _ in range(2):
        status, tile = ask(line, "GET", TILE, who)
        assert (status, len(tile)) == (200, stored.size)
        assert ask(line, "GET", TILE, who | {"If-None-Match": f'"{stored.content}"'}) == (304, b"")
        assert ask(line, "HEAD", TILE, who) == (200, b"")
        assert ask(line, "GET", TILE, who | {"Range": "bytes=4-11"}) == (206, tile[4:12])
        assert ask(line, "GET", "/tiles/building/none.glb", who)[0] == 404
        assert 0 < len(ask(line, "GET", TILE, who | {"Accept-Encoding": "br"})[1]) < len(tile)
    assert line.sock is plain  # none of these ends the connection


def test_whoever_logs_out_gets_no_tile_from_memory(line):
    who = log_in(line)
    assert ask(line, "GET", TILE, who)[0] == 200
    assert ask(line, "POST", "/logout", who)[0] == 200
    assert ask(line, "GET", TILE, who)[0] == 401


def said(port: int, *pieces: bytes) -> bytes:
    """The first line of the answer to raw bytes; empty where the connection was broken off first."""
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        try:
            for piece in pieces:
                raw.sendall(piece)
            return raw.recv(4096).partition(b"\r\n")[0]
        except ConnectionError:
            return b""


LONG = [b"a" * 8192] * (4 * HEAD_MOST // 8192)
START = b"GET /health HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET /", *LONG),
        (START + b"X: ", *LONG),
        (START, *[b"X: 1\r\n" * 2000] * 20),
        (b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X: 1\r\n" * 2000] * 20),
    ],
    ids=["address", "one header", "many headers", "trailers"],
)
def test_a_head_without_end_is_refused(port, pieces):
    assert said(port, *pieces) in (b"HTTP/1.1 400 Bad Request", b"")
    assert said(port, START + b"\r\n") == b"HTTP/1.1 200 OK"


def test_long_heads_and_longer_bodies_are_read(port):
    assert said(port, START + b"X: " + b"a" * (HEAD_MOST - 1000) + b"\r\n\r\n") == b"HTTP/1.1 200 OK"
    body = json.dumps({"user": "admin", "password": PASSWORD}).encode() + b" " * 4 * HEAD_MOST
    head = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    assert said(port, head, b"Content-Length: %d\r\n\r\n" % len(body), body) == b"HTTP/1.1 200 OK"


def test_answers_do_not_wait_for_the_acknowledgement_of_the_last():
    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = take_port("127.0.0.1", 0)
        async with await asyncio.start_server(look, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await found

    assert asyncio.run(accepted()) != 0
