"""Arguments and options that commands of several files take, said the same way everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The twin's folder")]
Database = Annotated[str, typer.Option(envvar="TWIN_DATABASE_URL", help="PostgreSQL; else a file in the folder")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON")]
