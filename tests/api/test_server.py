"""`twin serve` as its user meets it: one clear line for each thing that can be wrong, an orderly end."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import shapely

from api.server import check_reach, first_link, is_loopback, take_port
from twin import cli
from twin.entity import Entity
from twin.errors import Forbidden, InvalidValue, NotATwin, PortInUse
from twin.settings import Settings
from twin.store import SourceInfo, Store

ROOT = Path(__file__).resolve().parents[2]
TWIN = [sys.executable, "-c", "from twin.cli import run; run()"]


@pytest.fixture
def empty_twin(tmp_path):
    folder = tmp_path / "twin"
    smoke = {"category": "smoke", "properties": [{"name": "smoke", "unit": "%"}]}
    with Store.create(folder, name="空") as store:
        source = SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", 0)
        store.write(
            [Entity("sen1", "sensor", footprint=shapely.to_wkb(shapely.Point(114, 22.6)), attributes=smoke)],
            source=source,
        )
    return folder


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    server = subprocess.Popen(
        [*TWIN, "serve", str(folder), "--port", "0", "--json", *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, server.stderr.read() if server.stderr else ""
        yield server, json.loads(line)
    finally:
        server.kill()
        server.communicate()


def test_the_first_start_gives_a_link_and_ctrl_c_ends_it_well(empty_twin, run, tmp_path):
    with serving(empty_twin) as (server, said):
        assert said["address"].startswith("http://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert json.load(opener.open(said["address"] + "/health")) == {"status": "ok"}
        token = said["link"].rsplit("/", 1)[-1]
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(said["address"] + "/me")
        assert refused.value.code == 401
        refused.value.close()
        request = urllib.request.Request(said["address"] + f"/login/{token}", headers={"Accept": "text/html"})
        try:
            opener.open(request).close()  # follows to /wall
        except urllib.error.HTTPError as error:
            error.close()
        assert json.load(opener.open(said["address"] + "/me")) == {"user": "admin", "role": "admin"}
        lines = tmp_path / "readings.ndjson"
        lines.write_text('{"datastream": "sen1/smoke", "time": 1714521600, "result": 5}\n\n{"datastream": "x/y"}\n')
        sent = run("feed", str(empty_twin), "--url", said["address"], "--file", str(lines), "--json")
        assert (sent.code, json.loads(sent.out)) == (0, {"accepted": 1, "refused": 1}), sent.err
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


def test_a_later_start_gives_a_link_only_when_asked(empty_twin):
    with Store.open(empty_twin) as store:
        first = first_link(store, "http://x", wanted=False)
        assert store.accounts.redeem(first.removeprefix("http://x/login/")).role == "admin"
        assert first_link(store, "http://x", wanted=False) == ""
        assert first_link(store, "http://x", wanted=True).startswith("http://x/login/")


@dataclass
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a `twin` command in this process, with text for its standard input."""

    def command(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["twin", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.run()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return command


def test_a_feed_without_a_server_is_one_clear_line(empty_twin, run, tmp_path):
    lines = tmp_path / "readings.ndjson"
    lines.write_text('{"datastream": "sen1/smoke", "time": 1714521600, "result": 5}\n')
    feed = ("feed", str(empty_twin), "--url", "http://127.0.0.1:9", "--file", str(lines), "--json")
    nobody = run(*feed)
    assert nobody.code == 5
    assert "twin user add" in nobody.err
    with Store.open(empty_twin) as store:
        store.accounts.add("gateway", "a good long password", "integrator")
    silent = run(*feed)
    assert silent.code == 1
    assert "twin serve" in silent.err
    assert silent.err.count("\n") == 1


def test_a_port_in_use_is_one_clear_line(empty_twin, run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run("serve", str(empty_twin), "--port", str(port))
    assert answer.code == 7
    assert answer.err.count("\n") == 1
    assert str(port) in answer.err
    assert "--port" in answer.err


def test_a_folder_without_a_twin_is_one_clear_line(tmp_path, run):
    answer = run("serve", str(tmp_path), "--port", "0")
    assert answer.code == 6
    assert answer.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_others_cannot_reach_a_twin_without_accounts(empty_twin, run):
    answer = run("serve", str(empty_twin), "--port", "0", "--host", "0.0.0.0")
    assert answer.code == 5
    assert "twin user add" in answer.err
    settings = Settings(folder=empty_twin, host="0.0.0.0")
    with pytest.raises(Forbidden):
        check_reach(settings)
    with Store.open(empty_twin) as store:
        store.accounts.add("somebody", "a good long password", "admin")
    check_reach(settings)


def test_not_a_twin_and_not_an_address(tmp_path):
    with pytest.raises(NotATwin):
        check_reach(Settings(folder=tmp_path, host="0.0.0.0"))
    with pytest.raises((InvalidValue, PortInUse)):
        take_port("999.1.1.1", 0)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("box.lan", False)],
)
def test_loopback(host, loopback):
    assert is_loopback(host) is loopback


def test_accounts_at_the_command_line(empty_twin, run):
    folder = str(empty_twin)
    add = ("user", "add", folder, "li", "--role", "planner", "--stdin")
    assert run(*add, stdin="a good long password\n").code == 0
    assert run(*add, stdin="a good long password\n").code == 4
    assert run(*add[:3], "wu", "--role", "king", "--stdin", stdin="a good long password\n").code == 2
    listed = json.loads(run("user", "list", folder, "--json").out)
    assert listed == [{"user": "li", "role": "planner", "scope": ""}]
    assert run("user", "passwd", folder, "li", "--stdin", stdin="another long password\n").code == 0
    link = run("user", "link", folder, "li", "--address", "http://127.0.0.1:9").out.strip()
    assert link.startswith("http://127.0.0.1:9/login/")
    with Store.open(empty_twin) as store:
        assert store.accounts.check("li", "another long password").role == "planner"
        assert store.accounts.redeem(link.rsplit("/", 1)[-1]).user == "li"
