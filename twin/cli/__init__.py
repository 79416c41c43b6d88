"""The command line: `twin ...`. Composes store, engines and API; each file here is one group of commands."""

from twin.cli.main import app, run

__all__ = ["app", "run"]
