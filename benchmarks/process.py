"""Runs the product's own commands as its user does, and measures time and peak memory of the whole process tree."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InvalidValue

_SOME_REFUSED = 2
"""What an import ends with that names objects which it did not take."""

TWIN = str(Path(sys.executable).with_name("twin"))


@dataclass(frozen=True, slots=True)
class Run:
    """One finished command."""

    seconds: float
    peak_gb: float
    output: str


def run_twin(*words: str | Path, partly: bool = False) -> Run:
    """Run `twin ...` to its end. Raises RuntimeError with its last lines where it fails.

    partly  an import that refuses some of what it reads is good, too
    """
    start = time.perf_counter()
    with subprocess.Popen(
        [TWIN, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode and not (partly and child.returncode == _SOME_REFUSED):
        raise RuntimeError(f"twin {words[0]} ended with {child.returncode}: {output[-800:]}")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 2**20, output)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    pid: int
    address: str
    link: str
    seconds: float

    @property
    def memory_gb(self) -> float:
        """Resident memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**30


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a twin on a free port until the block ends; `seconds` is the time until its log-in link was printed."""
    start = time.perf_counter()
    words = [TWIN, "serve", str(folder), "--port", "0", "--link"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        assert child.stdout is not None
        seen = ""
        for line in child.stdout:
            seen += line
            link = re.search(r"(http://[\w.:]+)/login/\S+", line)
            if link:
                break
        else:
            raise RuntimeError(f"the server ended early: {seen[-800:]}")
        try:
            yield Served(child.pid, link.group(1), link.group(0), time.perf_counter() - start)
        finally:
            child.terminate()


def interpreters(text: str, peers: Iterable[str]) -> dict[str, str]:
    """`name=python,name=python`: where each peer is installed; one that is not named is looked for here."""
    found = dict.fromkeys(peers, sys.executable)
    for pair in filter(None, text.split(",")):
        name, equals, python = pair.partition("=")
        if name not in found or not equals:
            raise InvalidValue(f"--peers {pair}", "it is not NAME=PYTHON", f"Names are {', '.join(found)}")
        found[name] = python
    return found
