"""What a server of the page is told when it is started, and what it refuses to start with."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from ..catalog import LANGUAGES
from ..nlp.errors import QueryError, quoted

DEFAULT_PORT = 8765
_SHORTEST_TOKEN = 16
"""Fewest characters of a token: about 80 bits if it was drawn at random."""

_LARGEST_NETWORK = 1 << 16
"""Most addresses of a network of proxies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """How the page is served.

    Attributes:
        folder: folder of the library.
        store: address of the server that holds it, ``""`` where its folder says.
        host: address to listen at; one that other machines reach needs a token or users.
        port: port to listen at, 0 for any free one.
        read_only: refuse every change.
        token: the secret that everybody who may use the page knows, ``""`` for none.
        users: file of users with their passwords' hashes, ``None`` for none.
        names: further host names under which the page is reached, as behind a reverse proxy.
        language: language of those whose browser asks for none that there is.
        upload_bytes: largest request with files, in bytes.
        changes_per_minute: most changes of one client.
        waiting: most requests that wait for an answer; the rest is asked to come again.
        searches: searches that run at the same time.
        proxies: addresses or networks of proxies whose word on who asks is believed.
        log: ``json`` for a line of JSON for every request and event, ``text`` for errors only.
        metrics_port: port at which Prometheus finds metrics, 0 for any free one, ``None`` for none.
        metrics_host: address of that port; it asks for no login.
        engine: name or address of the engine of the library's index, ``""`` for its own.

    Raises:
        QueryError: an address or host name that others reach without token or users, a token that
            is too short, an unknown language, or an address of a proxy that is none.

    Example:
        >>> ServeSettings(folder=Path("library")).loopback
        True
    """

    folder: Path
    store: str = ""
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    read_only: bool = False
    token: str = ""
    users: Path | None = None
    names: tuple[str, ...] = ()
    language: str = "zh"
    upload_bytes: int = 256 << 20
    changes_per_minute: int = 240
    waiting: int = 64
    searches: int = 2
    proxies: tuple[str, ...] = ()
    log: Literal["text", "json"] = "text"
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    engine: str = ""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise QueryError(f"language {quoted(self.language)} is none of {known}")
        if self.token and len(self.token) < _SHORTEST_TOKEN:
            raise QueryError(f"the token needs at least {_SHORTEST_TOKEN} characters")
        if not self.loopback and not self.protected:
            raise QueryError(
                f"{self.host} can be reached by other machines; give --token or --users"
            )

        if self.names and not self.protected:
            raise QueryError(
                "other host names are for a proxy that others reach; give --token or --users"
            )
        for one in self.proxies:
            if not _few(one):
                raise QueryError(
                    f"{quoted(one)} is not the address of a proxy; give one such as 127.0.0.1 or "
                    "10.1.2.0/24"
                )

    @property
    def protected(self) -> bool:
        """Whether only those who know a token or a password are answered."""
        return bool(self.token) or self.users is not None

    @property
    def loopback(self) -> bool:
        """Whether only programs on this machine reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def hosts(self, port: int) -> frozenset[str]:
        """Return the values of the header ``Host`` that are answered.

        A page of another site whose name is made to point here (DNS rebinding) names itself.

        Args:
            port: the port that the server listens at.
        """
        own = {"127.0.0.1", "localhost", "[::1]"} if self.loopback else set()
        bare = self.host if ":" not in self.host else f"[{self.host}]"
        if bare not in ("0.0.0.0", "[::]"):
            own.add(bare)
        named = {name.lower() for name in self.names}
        return frozenset(
            {f"{name}:{port}" for name in own | named} | named | (own if port == 80 else set())
        )


def _few(network: str) -> bool:
    """Return whether this is an address, or a network of few."""
    try:
        return ip_network(network).num_addresses <= _LARGEST_NETWORK
    except ValueError:
        return False
