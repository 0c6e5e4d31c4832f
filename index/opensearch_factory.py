"""Open and remove the index of a library in a cluster of OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..nlp.errors import EngineUnavailable
from .engine import Engine
from .opensearch_address import Address, Secrets

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class OpenSearchFactory:
    """An :class:`~gongwen.index.engines.EngineFactory` for one address.

    Attributes:
        address: where the index is.
    """

    address: Address

    @classmethod
    def of(cls, text: str) -> OpenSearchFactory:
        """Return the factory for an address as it is written.

        Raises:
            LibraryError: it is none; says in a line what to give.
        """
        return cls(Address.read(text))

    def open(
        self,
        location: Path,
        owner: str,
        *,
        staged: bool = False,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> Engine:
        """Open the index of a library in the cluster; nothing is kept in the folder."""
        with _installed():
            from .opensearch_client import Client  # late: the package may be missing
            from .opensearch_engine import OpenSearchEngine
        return OpenSearchEngine(Client(self.address, Secrets.of(), timeout), owner, staged)

    def drop(self, location: Path, owner: str) -> None:
        """Remove all indices of a library from the cluster."""
        with _installed():
            from .opensearch_client import Client  # late: the package may be missing
            from .opensearch_state import Indices

        client = Client(self.address, Secrets.of(), _TIMEOUT_SECONDS)
        try:
            indices = Indices(client, owner)
            indices.remove([*indices.others("")])
        finally:
            client.close()


@contextmanager
def _installed() -> Iterator[None]:
    """Say in a line that the client of OpenSearch is missing, when an import of the block fails."""
    try:
        yield
    except ImportError as error:
        if error.name and not error.name.startswith(("opensearchpy", "urllib3")):
            raise
        raise EngineUnavailable(
            "the engine opensearch is not installed: pip install opensearch-py"
        ) from error
