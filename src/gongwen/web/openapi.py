"""Describe the interface for programs in OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from .downloads import FILE_TYPES
from .operations import Operation
from .schemas import ref, schemas

PREFIX = "/api/v1"
_ERRORS = {
    "400": "a value that cannot be used",
    "401": "a token is needed",
    "403": "nothing may be changed, or the request comes from another site",
    "404": "a report, sentence, topic, job or other name that does not exist",
    "409": "another process is writing, or another report is in the place of one to be restored",
    "413": "too large",
    "415": "a body that is not what it must be, JSON or a file",
    "429": "too many changes in a minute",
    "503": "too many requests at the same time, or the library cannot be read",
}
_IN_PATHS = {"report": "wugong-2020", "n": 27, "job": "5f0c9a1e7b3d4c26"}
"""Examples of the parts of paths."""
_PAGE = {
    "X-Total-Count": {
        "description": "how many entries there are in all",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Link": {
        "description": 'the address of the next page, as <...>; rel="next"; missing on the last',
        "schema": {"type": "string"},
    },
}
"""Headers of answers that come in pages."""
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_ABOUT = (
    "Search Chinese government reports, read their sentences with topics and roles, their figures "
    "and checks, and correct and teach. Answers are the same as those of the command line with "
    "--format json. Errors are one object with a message and a hint, in the language of "
    "Accept-Language or of the parameter lang (zh, en)."
)


def description(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the description of operations as an OpenAPI document.

    Args:
        operations: all of them; their names must differ.

    Example:
        >>> description([])["openapi"]
        '3.1.0'
    """
    examples = answer_examples()
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, examples)
    return {
        "openapi": "3.1.0",
        "info": {"title": "gongwen", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {
                status: {
                    "description": about,
                    "content": {"application/json": {"schema": ref("Error")}},
                }
                for status, about in _ERRORS.items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def answer_examples() -> dict[str, Any]:
    """Return an answer of each operation by its name; ``docs/generate.py`` writes them."""
    text = Path(__file__).with_name("api_examples.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _operation(one: Operation, examples: Mapping[str, Any]) -> dict[str, Any]:
    ok = "202" if one.long else "200"
    answer: dict[str, Any] = {"schema": one.answer}
    if one.name in examples:
        answer["example"] = examples[one.name]
    done: dict[str, Any] = {"description": "done", "content": {"application/json": answer}}
    if one.total is not None:
        done["headers"] = _PAGE
    if one.table is not None:
        done["content"] |= {FILE_TYPES["csv"].partition(";")[0]: _FILE, FILE_TYPES["xlsx"]: _FILE}
    errors = ["400", "401", "403", "413", "415", "429", "503", "404", "409"]
    if one.method == "GET":
        errors = ["400", "401", "404", "409", "503"]
    made: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.about,
        "tags": [one.group],
        "parameters": [
            *(
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999}
                    if name == "n"
                    else {"type": "string", "minLength": 1},
                    "example": _IN_PATHS[name],
                }
                for name in re.findall(r"\{(\w+)", one.path)
            ),
            *(
                {
                    "name": p.name,
                    "in": "query",
                    "required": p.needed,
                    "description": p.about,
                    "schema": p.schema(),
                    "example": p.sample,
                }
                for p in one.query
            ),
        ],
        "responses": {
            ok: done,
            **{status: {"$ref": f"#/components/responses/{status}"} for status in errors},
        },
    }
    if one.body:
        made["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": [p.name for p in one.body if p.needed],
                        "properties": {
                            p.name: p.schema(in_body=True)
                            | {"description": p.about, "examples": [p.sample]}
                            for p in one.body
                        },
                        "additionalProperties": False,
                    },
                    "example": {p.name: p.example for p in one.body if p.example is not None},
                }
            },
        }
    elif one.file:
        made["requestBody"] = {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    return made
