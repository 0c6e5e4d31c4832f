"""The schemas of what the interface for programs answers, by the names that clients give them."""

from __future__ import annotations

from typing import Any, get_args

from ..nlp.fields import FIELDS
from ..nlp.records import Kind, Role

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
SWITCH: Schema = {"type": "boolean"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}
YEAR: Schema = {"type": ["integer", "string"], "description": 'a year, "2018-2020", or ""'}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def ref(name: str) -> Schema:
    """Return a reference to one of :func:`schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def counted(values: Schema = WHOLE) -> Schema:
    """Return the schema of an object whose members all are numbers, or what ``values`` says."""
    return {"type": "object", "additionalProperties": values}


def of(members: dict[str, Schema], *, more: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of an object.

    Args:
        members: members that are always there.
        more: members that may be.
    """
    return {
        "type": "object",
        "required": list(members),
        "properties": {**members, **(more or {})},
        "additionalProperties": False,
    }


def _fields() -> dict[str, Schema]:
    return {one.name: YEAR if one.name == "year" else TEXT for one in FIELDS}


def schemas() -> dict[str, Schema]:
    """Return all schemas by name."""
    roles = {"type": "string", "enum": [*get_args(Role), ""]}
    kinds = {"type": "string", "enum": list(get_args(Kind))}
    tags = {"topic": TEXT, "also": TEXTS, "probability": SHARE}
    place = {"start": WHOLE, "end": WHOLE}
    variant = of(
        {
            "report": TEXT,
            "n": WHOLE,
            "text": TEXT,
            "year": YEAR,
            "region": TEXT,
            "differs": listed(listed(WHOLE)),
        }
    )
    hit = of(
        {
            "report": TEXT,
            "n": WHOLE,
            "text": TEXT,
            "highlight": TEXT,
            "section": TEXT,
            "role": roles,
            "kind": kinds,
            **tags,
            "title": TEXT,
            "region": TEXT,
            "year": YEAR,
            "source": TEXT,
            **place,
            "score": NUMBER,
        },
        more={
            "before": TEXTS,
            "after": TEXTS,
            "via": TEXTS,
            "copies": WHOLE,
            "copies_reports": WHOLE,
            "variants": listed(ref("Variant")),
        },
    )
    report_hits = of(
        {
            "report": TEXT,
            "title": TEXT,
            "region": TEXT,
            "year": YEAR,
            "kind": TEXT,
            "source": TEXT,
            "score": NUMBER,
            "matches": WHOLE,
            "best": listed(WHOLE),
        }
    )
    results = of(
        {
            "query": TEXT,
            "total": WHOLE,
            "total_distinct": {"type": ["integer", "null"]},
            "match": {"type": "string", "enum": ["all", "synonym", "pinyin", "any"]},
            "took_ms": NUMBER,
            "counts": counted(counted()),
            "hits": listed(ref("Hit")),
        },
        more={
            "total_exact": WHOLE,
            "counts_exact": counted(counted()),
            "synonyms": of({"total": WHOLE, "words": TEXTS}),
            "total_reports": WHOLE,
            "reports": listed(ref("ReportHits")),
            "suggestions": TEXTS,
            "without_filters": listed(of({"filters": counted(TEXTS), "total": WHOLE})),
        },
    )
    report = of(
        {
            "report": TEXT,
            **_fields(),
            "sentences": WHOLE,
            "source": TEXT,
            "sha256": TEXT,
            "added": TEXT,
            "how": counted(TEXT),
            "notes": TEXTS,
            "copies": TEXTS,
            "similar": listed(of({"report": TEXT, "jaccard": SHARE, "containment": SHARE})),
        }
    )
    sentence = of(
        {
            "report": TEXT,
            "n": WHOLE,
            "text": TEXT,
            **tags,
            "corrected": SWITCH,
            "role": roles,
            "kind": kinds,
            "section": TEXT,
            "item": TEXT,
            **place,
        }
    )
    return {
        "Error": of(
            {"error": of({"status": WHOLE, "message": TEXT, "hint": TEXT})},
        ),
        "Variant": variant,
        "Hit": hit,
        "ReportHits": report_hits,
        "Results": results,
        "Report": report,
        "Reports": of({"reports": listed(ref("Report")), "total": WHOLE}),
        "Sentence": sentence,
        "Sentences": of({"units": listed(ref("Sentence")), "total": WHOLE}),
        "Tagged": of({"text": TEXT, **tags, "probabilities": counted(SHARE), "role": roles}),
        "TaggedTexts": of({"sentences": listed(ref("Tagged"))}),
        "SplitSentence": of(
            {
                "n": WHOLE,
                "text": TEXT,
                **place,
                "section": TEXT,
                "item": TEXT,
                "role": roles,
                "kind": kinds,
            }
        ),
        "SplitText": of({"sentences": listed(ref("SplitSentence"))}),
        "Topic": of(
            {"topic": TEXT, "zh": TEXT, "sentences": WHOLE, "also": WHOLE, "definition": TEXT}
        ),
        "Topics": of(
            {"topics": listed(ref("Topic")), "roles": listed(of({"role": TEXT, "zh": TEXT}))}
        ),
        "Finding": of(
            {
                "status": {"type": "string", "enum": ["PASS", "FAIL", "UNCERTAIN"]},
                "kind": TEXT,
                "equation": TEXT,
                "reason": TEXT,
                "section": TEXT,
                "paragraph": WHOLE,
                "paragraph_text": TEXT,
                "n": WHOLE,
                "sentence": TEXT,
                **place,
            }
        ),
        "Checked": of(
            {
                "report": TEXT,
                "title": TEXT,
                "passed": WHOLE,
                "failed": WHOLE,
                "uncertain": WHOLE,
                "damage": TEXTS,
                "findings": listed(ref("Finding")),
                "notes": listed(of({"kind": TEXT, "name": TEXT, "zh": TEXT, "text": TEXT})),
            }
        ),
        "Job": of(
            {
                "job": TEXT,
                "kind": TEXT,
                "by": TEXT,
                "started": TEXT,
                "state": {"type": "string", "enum": ["waiting", "running", "done", "failed"]},
                "progress": counted(of({"done": WHOLE, "total": WHOLE})),
                "result": {},
                "error": TEXT,
            }
        ),
        "Jobs": of({"jobs": listed(ref("Job")), "total": WHOLE}),
        "Said": of(
            {
                "report": TEXT,
                "n": WHOLE,
                "topic": TEXT,
                "also": TEXTS,
                "role": roles,
                "author": TEXT,
                "note": TEXT,
                "at": TEXT,
                "taken_back": {"oneOf": [of({"at": TEXT, "by": TEXT}), {"type": "null"}]},
            }
        ),
        "History": of({"history": listed(ref("Said")), "total": WHOLE}),
        "Removed": of(
            {
                "number": WHOLE,
                "report": TEXT,
                "title": TEXT,
                "sentences": WHOLE,
                "removed": TEXT,
                "by": TEXT,
                "bytes": WHOLE,
            }
        ),
        "Trash": of({"trash": listed(ref("Removed")), "total": WHOLE}),
    }
