"""A PostgreSQL server for tests: a process of its own, on loopback, that can be killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg

_DATABASE = "desks"
_SECONDS = 60.0


@cache
def programs() -> Path | None:
    """Return the folder of the server's programs, ``None`` where there are none."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


def missing() -> str:
    """Return why no server can be started here, ``""`` if one can."""
    if programs() is None:
        return "PostgreSQL is not installed (apt install postgresql)"
    if os.geteuid() == 0 and not (_has_user("postgres") and shutil.which("runuser")):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _has_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


class Server:
    """A server with its data in a folder of its own, which the folders of pytest hide.

    Args:
        durable: let it write to the disk what it has committed, as it does outside of tests.

    Attributes:
        folder: with its data, until :meth:`close`.
        port: of loopback, at which it listens.
    """

    def __init__(self, durable: bool = False) -> None:
        memory = None if durable else os.environ.get("PYTEST_DEBUG_TEMPROOT")
        self.folder = Path(tempfile.mkdtemp(prefix="gongwen-postgres-", dir=memory))
        self.port = _free_port()
        self._durable = durable
        data = self.folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(data, "postgres")
        self._call("initdb", "-D", str(data), "-A", "trust", "-U", "desk", "-E", "UTF8",
                   "--locale=C", "--no-sync")  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 60,
            "shared_buffers": "32MB",
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        data, log = self.folder / "data", self.folder / "log"
        until = time.monotonic() + _SECONDS
        while True:  # the memory of one that was killed may be in use for a moment
            try:
                self._call("pg_ctl", "-D", str(data), "-o", options, "-l", str(log), "-w", "start")
                break
            except AssertionError:
                if time.monotonic() > until:
                    raise AssertionError(log.read_text()[-4000:]) from None
                time.sleep(0.2)
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as db:
            there = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not db.execute(there, (_DATABASE,)).fetchone():
                db.execute(f"CREATE DATABASE {_DATABASE}")

    def stop(self) -> None:
        """Stop it; clients that are connected are cut off."""
        if self.pid():
            self._call("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self) -> int:
        """Return the id of its first process, 0 when it does not run."""
        try:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0
        return pid if _lives(pid) else 0

    def kill(self, first_only: bool = False) -> None:
        """Kill it and all of its processes at once, or the first one, which the others follow."""
        pid = self.pid()
        if not pid:
            return
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        every = [pid, *map(int, children)]
        for one in every[:1] if first_only else every:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        until = time.monotonic() + _SECONDS
        while any(map(_lives, every)) and time.monotonic() < until:
            time.sleep(0.01)
        # Where nobody takes leave of it, it would be taken for one that runs.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def address(self, schema: str = "", role: str = "desk") -> str:
        """Return the address of a library in it."""
        tail = f"?schema={schema}" if schema else ""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{_DATABASE}{tail}"

    def address_for(self, folder: Path) -> str:
        """Return the address of the library whose first desk is this folder."""
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
        return self.address(f"s{name}")

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """Give a connection that commits each statement."""
        until = time.monotonic() + _SECONDS
        while True:
            try:
                db = psycopg.connect(self._dsn(_DATABASE), autocommit=True)
                break
            except psycopg.OperationalError:  # it recovers from a kill
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        with db:
            yield db

    def cut(self, beginning: str = "") -> int:
        """End the connections of all clients whose names begin so, and return how many."""
        with self.connection() as db:
            rows = db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
                " AND pid != pg_backend_pid() AND starts_with(application_name, %s)",
                (_DATABASE, beginning),
            ).fetchall()
        return len(rows)

    def _dsn(self, database: str) -> str:
        return f"postgresql://desk@127.0.0.1:{self.port}/{database}"

    def _call(self, program: str, *arguments: str) -> None:
        place = programs()
        assert place is not None, missing()
        command = [str(place / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Its output goes into a file: a server would keep a pipe open.
        with (self.folder / "calls").open("ab") as out:
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", check=False)
        assert done.returncode == 0, (self.folder / "calls").read_text()


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that has ended and that nobody took leave of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
