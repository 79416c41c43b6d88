"""Tile requests a second: our server beside nginx with the same files from the same disk, asked by wrk in one run."""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.process import serving
from benchmarks.report import Report

Say = Callable[[str], None]

SECONDS, CONNECTIONS = 8, 16

_CONFIGURATION = """
{user}worker_processes 2; daemon off; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; gzip_static on; types {{ model/gltf-binary glb; }}
  open_file_cache max=20000 inactive=60s; client_body_temp_path {work}/body;
  server {{ listen 127.0.0.1:{port}; location / {{ root {root}; add_header Cache-Control "max-age=60"; }} }}
}}
"""

_REQUESTS = """
local paths, n = {{}}, 0
for line in io.lines("{list}") do paths[#paths + 1] = line end
request = function()
  n = n % #paths + 1
  return wrk.format("GET", paths[n], {{ {headers} }})
end
"""


def missing() -> list[str]:
    """What is not installed of what this needs."""
    return [name for name in ("nginx", "wrk") if shutil.which(name) is None]


def measure_serving(report: Report, twin: Path, say: Say, repeat: int) -> None:
    """All tiles of the building layer, one after the other, by turns from either server."""
    contents = sorted((twin / "tiles" / "building").rglob("*.glb"))
    names = [path.relative_to(twin).as_posix() for path in contents]
    ours, theirs, packed = [], [], []
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        with serving(twin) as served, _nginx(twin, work) as nginx:
            cookie = _session(served.link)
            for turn in range(repeat):
                say(f"serving: {len(names):,} tiles, {turn + 1} of {repeat}")
                ours.append(_ask(work, served.address, names, {"Cookie": cookie}))
                theirs.append(_ask(work, nginx, names, {}))
                packed.append(_ask(work, served.address, names, {"Cookie": cookie, "Accept-Encoding": "br"}))
    report.data["serving"] = {"tiles": len(names), "connections": CONNECTIONS, "seconds": SECONDS}
    report.add("tile requests, two cores, the client's work included", ours, "1/s")
    report.add("tile requests, two cores, the client's work included", theirs, "1/s", who="nginx")
    ratio = [a / b for a, b in zip(ours, theirs, strict=True)]
    report.add("the same with brotli, as browsers ask", packed, "1/s")
    report.add("share of nginx's requests", ratio, "x")


@contextmanager
def _nginx(root: Path, work: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = work / "nginx.conf"
    file.write_text(_CONFIGURATION.format(work=work, port=port, root=root.resolve(), user=_user()))
    with subprocess.Popen(["nginx", "-c", str(file)], stderr=subprocess.DEVNULL) as child:
        time.sleep(1)
        yield f"http://127.0.0.1:{port}"
        child.terminate()


def _session(link: str) -> str:
    jar = http.cookiejar.CookieJar()
    urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(link).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def _ask(work: Path, address: str, names: Sequence[str], headers: dict[str, str]) -> float:
    """Requests a second. Raises RuntimeError where any answer is not a tile."""
    (work / "list").write_text("".join(f"/{name}\n" for name in names))
    told = ", ".join(f'["{key}"]="{value}"' for key, value in headers.items())
    (work / "ask.lua").write_text(_REQUESTS.format(list=work / "list", headers=told))
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(work / "ask.lua"), address]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(f"{address}: {said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None:
        raise RuntimeError(f"wrk says nothing of requests: {said}")
    return float(found.group(1))


def _user() -> str:
    """Workers of a server that root starts could not read a folder of root's."""
    return "user root; " if os.getuid() == 0 else ""
