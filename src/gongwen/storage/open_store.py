"""Open the store of a library: the file of its folder, or the server that its folder names.

A folder with ``library.db`` has its truth there. One with ``store.toml`` has it in the database
whose address stands in that file.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..nlp.errors import LibraryError
from .database_file import FILE, connect, create_folder

if TYPE_CHECKING:
    from .store_address import StoreAddress
    from .transactions import Connections

STORE_FILE = "store.toml"
"""File in the folder of a library that names the server with its truth."""


def connect_store(
    folder: Path, create: bool, read_only: bool = False, address: str = ""
) -> Connections:
    """Open the store of the library in ``folder``.

    Args:
        folder: the library's folder.
        create: make the library if there is none.
        read_only: open it for reading only; also done when it cannot be written to.
        address: of the server that is to hold a new library, or that holds this one; ``""`` for a
            file, or where its folder says.

    Raises:
        LibraryError: there is none, it cannot be opened, or lies elsewhere than ``address`` says.
        NewerLibraryError: a newer version of gongwen has written it.
        StoreUnavailable: the server does not answer, or does not let us in.
    """
    if (folder / FILE).exists():
        if address:
            raise LibraryError(
                f"{folder}: this library lies in its own {FILE}; to move it, export it and import "
                f"the export into a new folder with --store"
            )
        return connect(folder, create, read_only)
    named = named_store(folder)
    if not named and not address:
        return connect(folder, create, read_only)
    from .store_address import store_address  # late: for servers only

    wanted = store_address(address or named)
    if named and wanted.text != store_address(named).text:
        raise LibraryError(
            f"{folder}: this library lies in {named}, not in {wanted.text}; leave --store away, or "
            "choose another --library folder"
        )
    try:
        from .postgres_database import connect_server  # late: imports the client of PostgreSQL
    except ImportError as error:
        raise LibraryError(
            "a library on a server needs psycopg: pip install '.[postgres]' where gongwen was "
            "installed from"
        ) from error

    if named:
        return connect_server(wanted, folder, False, read_only)
    fresh = not folder.exists()
    create_folder(folder, not read_only, STORE_FILE)
    try:
        connections = connect_server(wanted, folder, create and not read_only, read_only)
    except BaseException:
        if fresh:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    try:
        keep_address(folder, wanted)
    except BaseException:
        connections.close()
        raise
    return connections


def keep_address(folder: Path, address: StoreAddress) -> None:
    """Let the folder of a library name the server that holds it.

    Raises:
        WriteError: the folder cannot be written to.
    """
    import json  # late: for servers only

    from ..nlp.atomic_write import write_whole  # late: likewise

    text = f"address = {json.dumps(address.text, ensure_ascii=False)}\n"
    write_whole(folder / STORE_FILE, text.encode())


def named_store(folder: Path) -> str:
    """Return the address that the folder of a library names, ``""`` if it has a file of its own.

    Raises:
        LibraryError: its ``store.toml`` cannot be read.
    """
    file = folder / STORE_FILE
    if not file.exists():
        return ""
    import tomllib  # late: for servers only

    try:
        address = tomllib.loads(file.read_text("utf-8"))["address"]
        if isinstance(address, str) and address:
            return address
    except (OSError, ValueError, KeyError):
        pass
    raise LibraryError(f'{file}: cannot be read; it has one line: address = "postgresql://…"')
