"""Believe proxies that the operator has named, and nobody else, when they say who asks.

A proxy in front of the server says in ``X-Forwarded-For`` for whom it asks, and in
``X-Forwarded-Proto`` whether that one speaks HTTPS. Everybody can send these headers, so they count
only in requests that come from an address of a trusted proxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_MOST_PROXIES = 10
"""Entries of the header that are looked at, from the last on."""


class TrustedProxies:
    """ASGI middleware that puts the address and the scheme of the client in place of the proxy's.

    Limits for each client, the audit, logs, and cookies that only HTTPS may have follow from both.

    Args:
        app: what is asked next.
        addresses: addresses and networks of the trusted proxies; without any, nothing is changed.
    """

    def __init__(self, app: ASGIApp, addresses: Sequence[str]) -> None:
        self._app = app
        self._networks = [ip_network(one) for one in addresses]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self._networks and scope["type"] == "http" and scope.get("client"):
            host, port = scope["client"]
            if self._trusted(_address(host)):
                headers = Headers(scope=scope)
                client = self._client(headers.getlist("x-forwarded-for"), host)
                scope["client"] = (client, port if client == host else 0)
                schemes = headers.getlist("x-forwarded-proto")
                if schemes and schemes[-1].strip().lower() in ("http", "https"):
                    scope["scheme"] = schemes[-1].strip().lower()
        await self._app(scope, receive, send)

    def _client(self, forwarded: Sequence[str], proxy: str) -> str:
        """Return the last address that no trusted proxy has; those before it anybody may have sent.

        Args:
            forwarded: values of the header, each a list; each proxy adds the address it was asked
                from at the end.
            proxy: address of the proxy that asks.
        """
        client = proxy
        entries = ",".join(forwarded[-_MOST_PROXIES:]).split(",")
        for entry in reversed(entries[-_MOST_PROXIES:]):
            address = _address(entry.strip())
            if address is None:
                break
            client = str(address)
            if not self._trusted(address):
                break
        return client

    def _trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address without port, ``None`` when it is none; ``::ffff:10.1.2.3`` is of IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
