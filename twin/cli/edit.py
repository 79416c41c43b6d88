"""`twin edit`: change one entity by hand; tiles and open pages follow."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.errors import InvalidValue

if TYPE_CHECKING:
    from twin.store import Store

group = typer.Typer()

SHORT = {"height": "height_m", "base": "base_m"}
"""Names that are quicker to type."""


@group.command("edit")
def edit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The twin's folder")],
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Id of a building or any other entity")],
    *,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="height=30, storeys=10, use=office: a field or an attribute; empty: not known"),
    ] = None,
    footprint: Annotated[str, typer.Option(help="GeoJSON geometry or WKT, or a file with one; degrees WGS84")] = "",
    valid_from: Annotated[str, typer.Option(help="When it begins to exist: ISO 8601 or epoch seconds")] = "",
    valid_to: Annotated[str, typer.Option(help="When it ceases to exist")] = "",
    retire: Annotated[bool, typer.Option("--retire", help="End its existence now instead")] = False,
    database_url: Annotated[str, typer.Option(envvar="TWIN_DATABASE_URL", help="PostgreSQL; else a file")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON")] = False,
) -> None:
    """Change fields of one entity, or end it. A running server shows it on open pages within two seconds."""
    import orjson

    from twin.store import Store

    with Store.open(folder, database_url=database_url) as store:
        if retire:
            if set_ or footprint or valid_from or valid_to:
                raise InvalidValue("--retire", "it goes with nothing else", "Do one after the other")
            ended = store.retire([entity], source=f"edit by {getpass.getuser()}")
            answer: dict[str, Any] = {"id": entity, "ended": ended, "change": store.newest_change()}
        else:
            wish = _wish(set_ or [])
            if footprint:
                wish["footprint"] = _text_or_file(footprint)
            wish |= _times(store, valid_from, valid_to)
            answer = _change(store, entity, wish)
    typer.echo(orjson.dumps(answer).decode() if as_json else _sentence(answer))


def _change(store: Store, entity: str, wish: dict[str, Any]) -> dict[str, Any]:
    from twin.ingest.editing import edit as change

    if not wish:
        raise InvalidValue("--set", "nothing is to be changed", "Give --set NAME=VALUE or --footprint")
    done = change(store, entity, wish, by=getpass.getuser())
    return {"id": entity, "fields": sorted(wish), "changed": done.changed, "change": done.change}


def _sentence(answer: dict[str, Any]) -> str:
    if "ended" in answer:
        return f"{answer['id']} has ended" if answer["ended"] else f"{answer['id']} had ended already"
    return f"{answer['id']} is changed" if answer["changed"] else f"{answer['id']} was so already"


def _wish(settings: list[str]) -> dict[str, Any]:
    """NAME=VALUE words to what is wished; a name that is no field is an attribute."""
    from twin.ingest.editing import FIELDS

    wish: dict[str, Any] = {}
    for word in settings:
        name, equals, text = word.partition("=")
        name = SHORT.get(name.strip(), name.strip())
        if not equals or not name:
            raise InvalidValue("--set", f"{word!r} is not NAME=VALUE", "Write for instance --set height=30")
        if name in FIELDS:
            wish[name] = _value(text)
        else:
            wish.setdefault("attributes", {})[name] = _value(text)
    return wish


def _value(text: str) -> Any:
    """A number or another JSON value where it is one, else the words as they are; nothing: not known."""
    import orjson

    if not text.strip():
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _text_or_file(given: str) -> str:
    path = Path(given)
    try:
        return path.read_text() if len(given) < 1000 and path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue("--footprint", f"{given} cannot be read", "Give GeoJSON or WKT") from error


def _times(store: Store, valid_from: str, valid_to: str) -> dict[str, int]:
    from scenes.epidemic.windows import to_utc

    given = {"valid_from": valid_from, "valid_to": valid_to}
    return {name: to_utc(text, store.meta.zone, name) for name, text in given.items() if text}
