"""Read the address of an index in a cluster of OpenSearch, and what opens the way to it.

An address is ``opensearch://HOST:PORT[,HOST:PORT…]/NAME[?shards=3&replicas=1]``. It speaks HTTPS
and checks certificates, except where every host is this machine: then it speaks HTTP.
``opensearch+https://`` and ``opensearch+http://`` say it outright. A library remembers its address,
so no user and no password may stand in it; these come from the environment and go to another
machine by HTTPS only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from ..nlp.errors import LibraryError, quoted

SCHEMES = ("opensearch", "opensearch+https", "opensearch+http")
USER, PASSWORD, TOKEN, AUTHORITIES = (
    "GONGWEN_OPENSEARCH_USER",
    "GONGWEN_OPENSEARCH_PASSWORD",
    "GONGWEN_OPENSEARCH_TOKEN",
    "GONGWEN_OPENSEARCH_CA",
)
"""Variables of the environment: user and password, or a token, and a file of certificates."""
_FORM = "opensearch://HOST:9200/NAME"
_USUAL_PORT = 9200
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_MOST_SHARDS, _MOST_REPLICAS = 1024, 20


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the way to a cluster; it is never shown.

    Attributes:
        user: name of the user, ``""`` for none.
        password: password of the user.
        token: sent as ``Authorization: Bearer``, ``""`` for none.
        authorities: file of the certificates that sign those of the cluster, ``""`` for the usual.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    authorities: str = ""

    @classmethod
    def of(cls, variables: Mapping[str, str] = os.environ) -> Secrets:
        """Return those that stand in the environment.

        Raises:
            LibraryError: only one of user and password is there, or a token beside them.
        """
        user, password, token = (variables.get(name, "") for name in (USER, PASSWORD, TOKEN))
        if bool(user) != bool(password):
            missing, there = (PASSWORD, USER) if user else (USER, PASSWORD)
            raise LibraryError(f"{there} is set without {missing}; set both or none")
        if user and token:
            raise LibraryError(f"{USER} and {TOKEN} are both set; set one of them")
        return cls(user, password, token, variables.get(AUTHORITIES, ""))

    def __bool__(self) -> bool:
        return bool(self.user or self.token)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the index of a library is.

    Attributes:
        hosts: name or number of each host, and its port.
        name: name of the index in the cluster; each library has indices of its own under it.
        secure: whether HTTPS is spoken.
        shards: into how many parts a new index is divided.
        replicas: how many copies of each part a new index has; ``None`` for one where the cluster
            has two nodes or more.
        text: the address as it was written.
    """

    hosts: tuple[tuple[str, int], ...]
    name: str
    secure: bool
    shards: int = 1
    replicas: int | None = None
    text: str = field(default="", compare=False)

    @classmethod
    def read(cls, text: str) -> Address:
        """Return the address that is written so.

        Raises:
            LibraryError: it is none; says in a line what to give.

        Example:
            >>> Address.read("opensearch://127.0.0.1:9201/reports").secure
            False
        """
        scheme, _, rest = text.partition("://")
        if "@" in rest:
            raise _bad(
                f"{scheme}://…@{rest.rpartition('@')[2]}",
                f"a user and a password do not belong there; set {USER} and {PASSWORD} (or {TOKEN})"
                " in the environment",
            )
        if scheme not in SCHEMES:
            raise _bad(text, f"give {_FORM}")
        try:
            parts = urlsplit(f"//{rest}")
        except ValueError:
            raise _bad(text, f"give {_FORM}") from None
        hosts = tuple(_host(one, text) for one in parts.netloc.split(","))
        name = parts.path.removeprefix("/").removesuffix("/")
        if parts.fragment or not _NAME.fullmatch(name):
            raise _bad(
                text,
                f"{quoted(name)} is no name of small letters, digits, - and _; give {_FORM}",
            )
        options = _options(parts.query, text)
        local = all(_is_local(host) for host, _ in hosts)
        secure = scheme.endswith("+https") or (scheme == "opensearch" and not local)
        replicas = options.get("replicas")
        return cls(hosts, name, secure, options.get("shards", 1), replicas, text)

    @property
    def is_local(self) -> bool:
        """Whether every host is this machine."""
        return all(_is_local(host) for host, _ in self.hosts)

    def check(self, secrets: Secrets) -> None:
        """Refuse to send secrets to another machine where others can read them.

        Raises:
            LibraryError: there are secrets, and the address says HTTP.
        """
        if secrets and not self.secure and not self.is_local:
            variable = TOKEN if secrets.token else USER
            raise _bad(
                self.text,
                f"no password is sent to another machine by HTTP; give opensearch+https://, or "
                f"unset {variable}",
            )


def _bad(text: str, problem: str) -> LibraryError:
    return LibraryError(f"engine {quoted(text.partition('?')[0])}: {problem}")


def _host(one: str, text: str) -> tuple[str, int]:
    """Return a host and its port as they stand in an address."""
    if one.startswith("["):
        host, _, port = one[1:].partition("]")
        port = port.removeprefix(":")
        try:
            ip_address(host)
        except ValueError:
            raise _bad(text, f"{quoted(one)} is no host; give {_FORM}") from None
    else:
        host, _, port = one.partition(":")
        if not _HOST.fullmatch(host):
            raise _bad(text, f"{quoted(one)} is no host; give {_FORM}")
    if not port:
        return host, _USUAL_PORT
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise _bad(text, f"{quoted(port)} is no port; give {_FORM}")
    return host, int(port)


def _options(query: str, text: str) -> dict[str, int]:
    """Return the numbers behind the question mark."""
    found: dict[str, int] = {}
    bounds = {"shards": (1, _MOST_SHARDS), "replicas": (0, _MOST_REPLICAS)}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in bounds:
            raise _bad(text, f"{quoted(name)} is no option; there are shards and replicas")
        least, most = bounds[name]
        if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most):
            raise _bad(text, f"{name} must be a number from {least} to {most}")
        found[name] = int(value)
    return found


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
