"""Read the address of a database on a server: ``postgresql://USER@HOST:5432/DATABASE?schema=NAME``.

There is no password in it: libpq reads that from ``PGPASSWORD``, ``~/.pgpass`` or a service file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..nlp.errors import LibraryError

DEFAULT_SCHEMA = "gongwen"
_SCHEMES = ("postgresql", "postgres")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,50}")


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The address of a database on a server.

    Attributes:
        text: as it is kept and compared.
        conninfo: what libpq takes: the same without the schema.
        schema: the schema with the tables of the library.
        place: host and database, for messages.
    """

    text: str
    conninfo: str
    schema: str
    place: str


def store_address(given: str) -> StoreAddress:
    """Return the parts of ``postgresql://[USER@]HOST[:PORT]/DATABASE[?schema=NAME]``.

    Raises:
        LibraryError: it is no such address, or has a password.

    Example:
        >>> store_address("postgresql://desk@db.example/reports?schema=wugong").schema
        'wugong'
    """
    from urllib.parse import parse_qsl, unquote, urlencode, urlsplit  # late: for servers only

    try:
        parts = urlsplit(given.strip())
        settings = dict(parse_qsl(parts.query, keep_blank_values=True))
        _ = parts.port  # a number, or ValueError
    except ValueError:
        raise _no_address(given) from None
    if parts.password is not None or "password" in settings:
        raise LibraryError(
            "an address of a store has no password in it; give it as PGPASSWORD or in ~/.pgpass, "
            "where the client of PostgreSQL looks for it"
        )
    if parts.scheme not in _SCHEMES or parts.fragment:
        raise _no_address(given)
    database = parts.path.removeprefix("/")
    if "/" in database or not (database or "service" in settings):
        raise _no_address(given)
    schema = settings.pop("schema", DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_"):
        raise LibraryError(
            f"{schema!r} is no name of a schema; take lower-case letters, digits and underscores"
        )
    at = parts.netloc
    query = urlencode(settings)
    conninfo = f"postgresql://{at}/{database}{'?' if query else ''}{query}"
    shown = settings | ({"schema": schema} if schema != DEFAULT_SCHEMA else {})
    query = urlencode(shown)
    host = unquote(parts.hostname or settings.get("host") or settings.get("service") or "localhost")
    port = f":{parts.port}" if parts.port else ""
    return StoreAddress(
        text=f"postgresql://{at}/{database}{'?' if query else ''}{query}",
        conninfo=conninfo,
        schema=schema,
        place=f"{host}{port}/{unquote(database)}",
    )


def _no_address(given: str) -> LibraryError:
    shown = re.sub(r"//[^/@]*@", "//…@", given)
    return LibraryError(
        f"{shown!r} is no address of a store; it looks like postgresql://HOST/DATABASE or "
        "postgresql://USER@HOST:5432/DATABASE?schema=NAME"
    )
