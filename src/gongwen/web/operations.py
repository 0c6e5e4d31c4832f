"""What one request of the interface for programs is: its parameters, its body, and its answer.

Each operation is declared once (:class:`Operation`). The declaration checks requests, and the
description in OpenAPI is made of it, so that the two agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..catalog import gettext_noop
from ..nlp.errors import QueryError, quoted
from .site import Site
from .uploads import Uploads, keep_body

Type = Literal["string", "integer", "number", "boolean"]
Schema = Mapping[str, Any]
"""A schema of OpenAPI 3.1, which is one of JSON Schema."""
LONGEST_TEXT = 2_000
"""Most characters of a parameter."""
_MOST_VALUES = 200
_TWICE = gettext_noop("a member of an object is given twice; give it once")
_NOT_JSON = gettext_noop("the body must be one JSON object, sent as application/json")
_NOT_FILE = gettext_noop("the body must be the file itself, sent as application/octet-stream")
_TRUE, _FALSE = ("1", "true", "on", "yes"), ("0", "false", "off", "no")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an address or a member of a body.

    Attributes:
        name: as it is sent.
        about: what it means, for the description.
        type: of one value.
        many: may be repeated in an address, is a list in a body.
        needed: must be given.
        choices: the values that it may have, all if there are none.
        default: value when it is missing.
        least: smallest number.
        most: largest number, or most characters of text.
        example: a value for the description.
        values: of a ``dict`` parameter of a body, whose members are all text.
    """

    name: str
    about: str = ""
    type: Type = "string"
    many: bool = False
    needed: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    least: float | None = None
    most: float | None = None
    example: Any = None
    dictionary: bool = False

    @property
    def sample(self) -> Any:
        """A value for the description: its example, else its default or first choice."""
        if self.example is not None:
            return self.example
        if self.default is not None:
            return self.default
        if self.choices:
            return [self.choices[0]] if self.many else self.choices[0]
        return True if self.type == "boolean" else None

    def schema(self, in_body: bool = False) -> dict[str, Any]:
        """Return its schema.

        Args:
            in_body: of a member of a body, where text may be longer.
        """
        if self.dictionary:
            return {"type": "object", "additionalProperties": {"type": "string"}}
        one: dict[str, Any] = {"type": self.type}
        if self.choices:
            one["enum"] = list(self.choices)
        if self.type == "string":
            if not in_body or self.most:
                one["maxLength"] = int(self.most or LONGEST_TEXT)
        else:
            if self.least is not None:
                one["minimum"] = self.least
            if self.most is not None:
                one["maximum"] = self.most
        if not self.many:
            return one if self.default is None else one | {"default": self.default}
        return {"type": "array", "items": one, "maxItems": _MOST_VALUES}

    def read(self, given: Sequence[str]) -> Any:
        """Return the value of a parameter of an address.

        Args:
            given: its values as text.

        Raises:
            QueryError: it is missing, there are too many, or one cannot be read.
        """
        if self.many:
            if len(given) > _MOST_VALUES:
                raise QueryError(f"too many values of {self.name}; at most {_MOST_VALUES}")
            return [self._one(text) for text in given if text != ""]
        if len(given) > 1:
            raise QueryError(f"{self.name} is given {len(given)} times; give it once")
        if not given or given[0] == "":
            if self.needed:
                raise QueryError(f"{self.name} is missing")
            return self.default
        return self._one(given[0])

    def _one(self, text: str) -> Any:
        if self.type == "string":
            return self.checked(text)
        if self.type == "boolean":
            low = text.lower()
            if low in _TRUE:
                return True
            if low in _FALSE:
                return False
            raise QueryError(f"{self.name} must be true or false, not {quoted(text)}")
        try:
            # int() and float() take digits of any script, underscores and spaces too.
            if len(text) > 20 or not text.isascii() or "_" in text or text != text.strip():
                raise ValueError
            value = int(text) if self.type == "integer" else float(text)
        except ValueError:
            kind = "a whole number" if self.type == "integer" else "a number"
            raise QueryError(f"{self.name} must be {kind}, not {quoted(text)}") from None
        return self.checked(value)

    def checked(self, value: Any) -> Any:
        """Return a value that is of the right type, allowed and in range.

        Raises:
            QueryError: it is not.
        """
        if self.dictionary:
            if not isinstance(value, dict) or not all(
                isinstance(one, str) and len(one) <= LONGEST_TEXT for one in value.values()
            ):
                raise QueryError(f"{self.name} must be an object whose members are text")
            return value
        kinds: dict[str, Any] = {
            "string": str, "integer": int, "number": int | float, "boolean": bool,
        }  # fmt: skip
        right = isinstance(value, kinds[self.type])
        if not right or (isinstance(value, bool) and self.type != "boolean"):
            raise QueryError(f"{self.name} must be of type {self.type}")
        if self.choices and value not in self.choices:
            raise QueryError(
                f"{self.name} must be one of {', '.join(self.choices)}, not {quoted(value)}"
            )
        if isinstance(value, str):
            longest = int(self.most or LONGEST_TEXT)
            if len(value) > longest:
                raise QueryError(f"{self.name} is too long; at most {longest} characters")
        elif not isinstance(value, bool):
            low = self.least is not None and value < self.least
            if value != value or low or (self.most is not None and value > self.most):
                raise QueryError(f"{self.name} must be from {self.least:g} to {self.most:g}")
        return value

    def from_body(self, body: Mapping[str, Any]) -> Any:
        """Return the value of a member of a body.

        Raises:
            QueryError: it is missing or of another type.
        """
        value = body.get(self.name)
        if value is None:
            if self.needed:
                raise QueryError(f"{self.name} is missing")
            return [] if self.many else self.default
        if not self.many:
            return self.checked(value)
        if not isinstance(value, list):
            raise QueryError(f"{self.name} must be a list")
        if len(value) > (limit := _MOST_VALUES if self.type != "string" else 10_000):
            raise QueryError(f"too many values of {self.name}; at most {limit}")
        return [self.checked(one) for one in value]


Arguments = dict[str, Any]
"""The values of all parameters by name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operation is asked.

    Attributes:
        site: what all pages share.
        values: of all parameters by name.
        by: who asks, ``""`` when nobody has said so.
        uploads: the body as a file in a private folder, of operations that take one; who is
            asked removes it when it was used.
    """

    site: Site
    values: Arguments
    by: str = ""
    uploads: Uploads | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What an operation found, as the rows of a file.

    Attributes:
        rows: the entries that were asked for.
        columns: names of the columns, in order.
        total: how many entries there are in all.
    """

    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    total: int


def total_of(found: Any, values: Arguments) -> int:
    """Return how many entries there are in all, as most answers say it."""
    return int(found["total"])


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of the interface.

    Attributes:
        name: its name in clients (``search``).
        method: GET, POST, PUT or DELETE.
        path: below ``/api/v1``, with ``{name}`` for parameters of the path.
        about: what it does.
        run: does it, in a thread, and gives what is answered as JSON.
        answer: schema of the answer.
        query: parameters of the address.
        body: members of the body.
        file: the body is a file as it is (``application/octet-stream``).
        group: under which heading it stands in the description.
        quick: it is a search that takes milliseconds.
        writes: it changes something.
        long: it starts a job and is answered with 202.
        total: for an answer that comes in pages (``limit``, ``offset``): how many entries there
            are in all.
        table: gives the answer as rows, for ``format=csv`` and ``format=xlsx``.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    about: str
    run: Callable[[Asked], Any]
    answer: Schema
    query: tuple[Parameter, ...] = ()
    body: tuple[Parameter, ...] = ()
    file: bool = False
    group: str = "search"
    quick: bool = False
    writes: bool = False
    long: bool = False
    total: Callable[[Any, Arguments], int] | None = None
    table: Callable[[Asked], Table] | None = None

    def values(self, query: QueryParams, path: Mapping[str, Any], body: Any) -> Arguments:
        """Return the values of all parameters.

        Raises:
            QueryError: one is missing, unknown, or cannot be read.
        """
        known = {one.name for one in self.query} | {"lang"}
        if unknown := next((name for name in query if name not in known), None):
            raise QueryError(
                f"there is no parameter {quoted(unknown)}; there are {', '.join(sorted(known))}"
            )
        found = {one.name: one.read(query.getlist(one.name)) for one in self.query}
        for name, text in path.items():
            found[name] = _number(text) if name == "n" else text
        if self.body:
            members = {one.name for one in self.body}
            if unknown := next((name for name in body if name not in members), None):
                raise QueryError(
                    f"there is no member {quoted(unknown)}; there are {', '.join(sorted(members))}"
                )
            found |= {one.name: one.from_body(body) for one in self.body}
        return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise QueryError(f"the number of a sentence must be a whole number, not {quoted(text)}")
    return int(text)


async def json_body(request: Request) -> dict[str, Any]:
    """Return the body of a request, an object.

    Raises:
        HTTPException: it is none, or is not sent as JSON, which no form of another site can do.
    """
    if _kind_of(request) != "application/json":
        raise HTTPException(415, _NOT_JSON)
    try:
        found = json.loads(await request.body(), object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise HTTPException(400, _NOT_JSON) from None
    if not isinstance(found, dict):
        raise HTTPException(400, _NOT_JSON)
    return found


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; of two members of one name none would be the right one."""
    made = dict(members)
    if len(made) != len(members):
        raise HTTPException(400, _TWICE)
    return made


async def file_body(request: Request, name: str) -> Uploads:
    """Write the body of a request to a private folder as it comes, under a safe name.

    Args:
        request: the request.
        name: what the file is called.

    Raises:
        HTTPException: it is not sent as a file, which no form of another site can do.
    """
    if _kind_of(request) != "application/octet-stream":
        raise HTTPException(415, _NOT_FILE)
    return await keep_body(request.stream(), name)


def _kind_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
