"""Keep what an index in a cluster says of itself: which of its revisions holds, and of what.

It is one document of the index, which is replaced only if nobody else has replaced it meanwhile. A
feed takes the number of the next revision, writes, and then names its revision as the one that
holds, so that all of it is seen at once or never. A revision that was begun and not finished is
*abandoned*: nothing of it is seen, also what arrives late, and the next feed removes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from secrets import token_hex
from typing import Any

from ..nlp.errors import EngineUnavailable, IndexLostError
from .engine import Statistics
from .exact_tokens import Totals
from .opensearch_bulk import Version
from .opensearch_client import Client, Json, encoded
from .opensearch_documents import STATE, mappings, settings

FORMAT = 1
"""Version of the documents and of the tokens in them."""
KEPT_SECONDS = 3600.0
"""Seconds for which readers may use what was replaced."""
_MOST_REVISIONS = 200
"""Former revisions whose time is known; of older ones the documents are removed."""


@dataclass(frozen=True)
class State:
    """What an index says of itself.

    Attributes:
        owner: identifier of the library.
        generation: the store's generation up to which it is complete.
        revision: number of the revision that holds; 0 before the first feed.
        begun: number of the last revision that was begun.
        highest: the highest id of any sentence.
        cut_tokens: whether any sentence has a token that was cut.
        totals: what is known of all sentences.
        replaced_at: for each former revision when it was replaced, in seconds.
        abandoned: for each revision that was given up when that was found, in seconds.
        writer: drawn at random when the last revision was begun, so that no two begin the same one.
        format: version of what is stored.
    """

    owner: str
    generation: int = 0
    revision: int = 0
    begun: int = 0
    highest: int = 0
    cut_tokens: bool = False
    totals: Totals = field(default_factory=Totals)
    replaced_at: Mapping[int, float] = field(default_factory=dict)
    abandoned: Mapping[int, float] = field(default_factory=dict)
    writer: str = ""
    format: int = FORMAT

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> State:
        """Return what :meth:`to_dict` gave.

        Raises:
            ValueError: it is none.
        """
        try:
            return cls(
                str(values["owner"]),
                int(values["generation"]),
                int(values["revision"]),
                int(values["begun"]),
                int(values["highest"]),
                bool(values["cut_tokens"]),
                Totals.read(values["totals"]),
                {int(number): float(at) for number, at in values["replaced_at"].items()},
                {int(number): float(at) for number, at in values["abandoned"].items()},
                str(values["writer"]),
                int(values["format"]),
            )
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError from error

    def to_dict(self) -> Json:
        """Return a JSON object."""
        return {
            "owner": self.owner,
            "generation": self.generation,
            "revision": self.revision,
            "begun": self.begun,
            "highest": self.highest,
            "cut_tokens": self.cut_tokens,
            "totals": self.totals.to_dict(),
            "replaced_at": {str(number): at for number, at in self.replaced_at.items()},
            "abandoned": {str(number): at for number, at in self.abandoned.items()},
            "writer": self.writer,
            "format": self.format,
        }

    @cached_property
    def statistics(self) -> Statistics:
        """What ranking needs to know of all sentences."""
        return self.totals.statistics()

    def next(self) -> State:
        """Return the state in which the next revision has begun."""
        abandoned = dict(self.abandoned)
        if self.begun > self.revision:
            abandoned[self.begun] = time.time()
        return replace(self, begun=self.begun + 1, abandoned=abandoned, writer=token_hex(8))

    def finished(self, generation: int, highest: int, cut: bool, totals: Totals) -> State:
        """Return the state in which the revision that was begun holds."""
        replaced = dict([*self.replaced_at.items()][-_MOST_REVISIONS:])
        return replace(
            self,
            generation=generation,
            revision=self.begun,
            highest=max(self.highest, highest),
            cut_tokens=self.cut_tokens or cut,
            totals=totals,
            replaced_at=replaced | {self.revision: time.time()},
        )

    def out_of_use(self, now: float) -> int:
        """Return the last revision that nobody reads any more, 0 for none."""
        old = [number for number, at in self.replaced_at.items() if at < now - KEPT_SECONDS]
        return max(old, default=0)

    def given_up_before(self, now: float) -> list[int]:
        """Return the abandoned revisions of which nothing can arrive any more."""
        return [number for number, at in self.abandoned.items() if at < now - KEPT_SECONDS]

    def without(self, past: Sequence[int], last: int) -> State:
        """Return the state without abandoned revisions, and without former ones up to a last."""
        return replace(
            self,
            abandoned={n: at for n, at in self.abandoned.items() if n not in past},
            replaced_at={n: at for n, at in self.replaced_at.items() if n > last},
        )


class Indices:
    """The indices of a library in a cluster: one that holds, named by an alias, and others.

    Args:
        client: the cluster.
        owner: identifier of the library.

    Attributes:
        alias: names the index that holds.
    """

    def __init__(self, client: Client, owner: str) -> None:
        self._client = client
        self._owner = owner
        self.alias = f"{client.address.name}-{_plain(owner)[:8]}"

    def new_name(self) -> str:
        """Return a name for a new index."""
        return f"{self.alias}-{token_hex(4)}"

    def read(self, index: str) -> tuple[str, State, Version | None]:
        """Return the index that a name stands for, its state, and the version of that.

        Args:
            index: its name, or the alias.

        Returns:
            ``""`` and the state of an empty index when there is none.

        Raises:
            IndexLostError: it cannot be read by this version.
            EngineUnavailable: it is another library's.
        """
        found = self._client.get(f"/{index}/_doc/{STATE}")
        if not found.get("found"):
            name = index if index != self.alias else self.named()
            return name, State(self._owner), None
        try:
            state = State.read(found.get("_source", {}).get(STATE, {}))
        except ValueError:
            raise IndexLostError(
                f"the index {found['_index']} was not written by gongwen, or it is damaged; run "
                "gongwen reindex"
            ) from None
        if state.format != FORMAT:
            raise IndexLostError(
                f"the index {found['_index']} has format {state.format}; run gongwen reindex"
            )
        if state.owner != self._owner:
            raise EngineUnavailable(
                f"the index {found['_index']} is another library's; give another name at the end "
                "of the engine's address"
            )
        name = str(found["_index"])
        self._expect(name, state)
        return name, state, _version(found)

    def _expect(self, index: str, state: State) -> None:
        """Take no answers of a node that knows only earlier states of an index."""
        path = f"/{index}/_doc/{STATE}"
        self._client.expect(path, lambda found: found["_source"][STATE]["begun"] >= state.begun)

    def named(self) -> str:
        """Return the index that holds, ``""`` when there is none."""
        return next(iter(self._client.get(f"/_alias/{self.alias}")), "")

    def create(self, index: str, named: bool) -> None:
        """Make an empty index, and wait a while until all copies of it are there.

        Args:
            index: its name.
            named: whether it is the one that holds.
        """
        address = self._client.address
        body: Json = {"settings": settings(address.shards, address.replicas)}
        body["mappings"] = mappings()
        if named:
            body["aliases"] = {self.alias: {}}
        copies = {"wait_for_active_shards": "all", "timeout": "10s"}
        there = "resource_already_exists"
        self._client.ask("PUT", f"/{index}", encoded(body), copies, done=there, writes=True)

    def write(self, index: str, state: State, version: Version | None) -> Version:
        """Store the state of an index; return the version of it.

        Raises:
            EngineUnavailable: another process has stored one meanwhile.
        """
        params: Json = {"op_type": "create"}
        if version is not None:
            params = {"if_seq_no": version.seq_no, "if_primary_term": version.primary_term}
        body = encoded({STATE: state.to_dict()})
        conflict: Json = {}
        found = self._client.ask(
            "PUT", f"/{index}/_doc/{STATE}", body, params, conflict=conflict, writes=True
        )
        if found is conflict:  # unless this very state was stored, and the answer was lost
            found = self._client.get(f"/{index}/_doc/{STATE}")
            if found.get("_source", {}).get(STATE) != json.loads(body)[STATE]:
                raise EngineUnavailable(
                    "another process writes to the index of this library; give the same command "
                    "again"
                )
        self._expect(index, state)
        return _version(found)

    def publish(self, index: str) -> None:
        """Let the alias name another index, in one step."""
        former = self.named()
        actions: list[Json] = [{"add": {"index": index, "alias": self.alias}}]
        if former and former != index:
            actions.insert(0, {"remove": {"index": former, "alias": self.alias}})
            mark = {"_meta": {"replaced_at": time.time()}}
            self._client.ask("PUT", f"/{former}/_mapping", encoded(mark), writes=True)
        self._client.ask("POST", "/_aliases", encoded({"actions": actions}), writes=True)

    def others(self, kept: str) -> dict[str, float]:
        """Return the other indices and when each was replaced, 0 if it never held."""
        found = self._client.get(f"/{self.alias}-*/_mapping")
        return {
            name: float(one["mappings"].get("_meta", {}).get("replaced_at", 0))
            for name, one in found.items()
            if name != kept
        }

    def remove(self, indices: list[str]) -> None:
        """Remove indices; it is no error when one is not there."""
        for name in indices:
            self._client.ask("DELETE", f"/{name}", missing={}, writes=True)


def _version(found: Json) -> Version:
    return Version(int(found["_seq_no"]), int(found["_primary_term"]))


def _plain(owner: str) -> str:
    """Return an identifier in small letters and digits."""
    return "".join(char for char in owner.lower() if char.isascii() and char.isalnum()) or "0"
