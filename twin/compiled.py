"""Where compiled kernels are kept: a folder for each state of their sources.

numba keeps machine code beside a module and looks at that module alone to see whether it still holds; but kernels are
compiled into the kernels that call them, and so are constants of other modules. After an upgrade, machine code of
before could be called: here a change of any of these sources is another folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent
PREFIX = "kernels-"
VARIABLE = "NUMBA_CACHE_DIR"

_IMPORTED = re.compile(rb"^from (twin(?:\.\w+)+) import", re.MULTILINE)


def keep_kernels() -> None:
    """Tell numba the folder, before any kernel is made, and remove those of other states.

    Nothing is changed where the user names a folder (`NUMBA_CACHE_DIR`), or this one cannot be written: numba then
    finds a place of its own.
    """
    if VARIABLE in os.environ or not os.access(HOME, os.W_OK):
        return
    folder = HOME / "__pycache__" / (PREFIX + state_of_sources(HOME))
    os.environ[VARIABLE] = str(folder)
    loaded: Any = sys.modules.get("numba.core.config")
    if loaded is not None:  # it has read the environment already, and looks here at every kernel
        loaded.CACHE_DIR = str(folder)
    if not folder.exists():
        for other in folder.parent.glob(PREFIX + "*"):
            shutil.rmtree(other, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)


def state_of_sources(home: Path) -> str:
    """A hash of all modules below the package `home` that hold kernels, and of those that they import names from."""
    sources = {path: path.read_bytes() for path in home.rglob("*.py")}
    kernels = {path: text for path, text in sources.items() if b"njit" in text}
    wanted = set(kernels)
    for text in kernels.values():
        for name in _IMPORTED.findall(text):
            wanted.add(home.parent.joinpath(*name.decode().split(".")).with_suffix(".py"))
    held = hashlib.sha256()
    for path in sorted(wanted & sources.keys()):
        held.update(path.relative_to(home).as_posix().encode() + b"\0" + sources[path] + b"\0")
    return held.hexdigest()[:16]
