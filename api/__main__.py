"""`python -m api`: serve the twin that the environment names (`TWIN_FOLDER`, `TWIN_HOST`, `TWIN_PORT`)."""

import sys

from api.server import serve
from twin.errors import TwinError
from twin.settings import Settings


def _say(address: str, link: str) -> None:
    sys.stdout.write(f"Quanyu answers at {address}\n" + (f"Log in once with  {link}\n" if link else ""))
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        serve(Settings(), _say)
    except TwinError as error:
        sys.stderr.write(f"twin: {error}\n")
        sys.exit(1)
