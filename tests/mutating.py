"""Inputs that are nearly right: bytes changed, members of archives, values of JSON, pieces of text.

All is drawn from a seed, so that a run can be repeated.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

_SPICE = (
    "。！？；：“”‘’（）《》【】[]()\"'一二三、（一）1.①\u3000\u00a0\u2028\ufeff\x00\t\n-*"
    "OR NOT topic:"
)
_PIECES = (
    *"其中3件, (12件 占120%, 由3件到 从3件增加到5件, 2020年 、2021年 三分之一 1/2 3:2 翻番".split(),
    *"一是 二、 （三） 附件： 《法》 “三项” 分别为 同比增长5% 武功县 人民政府 2021年1月5日".split(),
    *"https://a.cn a@b.cn 共计 合计9件 3亿5000万 近百 七八 百分之三 topic: role: region:".split(),
    *'year:2018..2021 report: kind: OR NOT -复议 fazhi* "执法" 「执法」 <p> </p> <td>'.split(),
    *"<!-- <script> &#x4e00; <a href= charset=gbk = ' [[topics]] slug= groups=[[ ]] {}".split(),
    *("null", "NaN", "1e999", "\\ud800", "\x00", " ", "\n", "\u3000"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**63, 10**30, 0.5, float("nan"), float("inf"), "", " ", "1", "执法"),
    *("\x00", "\x1b[31m", "\ud800", "一\n二", "x" * 5000, [], {}, [[]], [None], ["执法"], {"a": 1}),
)


def bad_inputs(good: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield ``count`` inputs that are nearly like the ``good`` ones."""
    chosen = random.Random(seed)
    for number in range(count):
        yield mutated(good, chosen) if number % 50 else chosen.randbytes(chosen.randrange(600))


def mutated(good: Sequence[bytes], chosen: random.Random) -> bytes:
    """Return one of ``good`` with something changed, inside of its structure where it has one."""
    data = chosen.choice(good)
    if chosen.random() < 0.6:
        for way in (_archive, _gzip, _json, _markup):
            if (changed := way(data, chosen)) is not None:
                return changed
    [plain] = chosen.choices((_scrambled, _spliced, _numbered, _drawn_out), (65, 25, 7, 3))
    return plain(data, good, chosen)


def _gzip(data: bytes, chosen: random.Random) -> bytes | None:
    """Change what is packed in a gzip file, and pack it again."""
    if not data.startswith(b"\x1f\x8b"):
        return None
    try:
        return gzip.compress(mutated([gzip.decompress(data)], chosen), 1, mtime=0)
    except Exception:  # what was changed already is packed no more
        return None


_TAG = re.compile("<[^<>]*>")
_NUMBER = re.compile("[0-9]+")
_DEPTHS = 2, 20, 300, 5_000
"""How often a tag is put within itself."""
_TIMES = 3, 100, 3_000, 100_000
_MOST_ADDED = 400_000
"""Bytes by which an input grows at most."""
_HUGE = ("0", "-1", "1e308", "2147483648", "18446744073709551616", "1" * 30, "9" * 5_000, "0.0", "")


def _markup(data: bytes, chosen: random.Random) -> bytes | None:
    """Drop tags of XML or HTML, double what is between two, or put one many times in itself."""
    text = data.decode("utf-8", "surrogateescape")
    tags = list(_TAG.finditer(text))
    if len(tags) < 4 or chosen.random() < 0.4:
        return None
    one, other = sorted((chosen.choice(tags), chosen.choice(tags)), key=lambda tag: tag.start())
    act = chosen.randrange(6)
    if act == 0:
        text = text[: one.start()] + text[one.end() :]
    elif act == 1:
        text = text[: one.start()] + text[other.end() :]
    elif act == 2:
        piece = text[one.start() : other.end()]
        times = min(chosen.choice((1, 1, 2, 50)), _MOST_ADDED // len(piece))
        text = text[: other.end()] + piece * times + text[other.end() :]
    elif act == 3:
        name = one[0][1:-1].split(" ")[0].strip("/?!") or "p"
        depth = chosen.choice(_DEPTHS)
        inner = text[one.end() : other.start()] if one.end() < other.start() else ""
        deep = f"<{name}>" * depth + inner + f"</{name}>" * chosen.choice((depth, depth, 0))
        text = text[: one.start()] + deep + text[other.end() :]
    elif act == 4:
        dropped = one[0]
        text = text.replace(dropped, "")
    else:
        return _numbered(data, (), chosen)
    return text.encode("utf-8", "surrogateescape")


def _numbered(data: bytes, _: Sequence[bytes], chosen: random.Random) -> bytes:
    """Put huge, negative and other odd numbers in place of some of the numbers."""
    text = data.decode("utf-8", "surrogateescape")
    found = list(_NUMBER.finditer(text))
    for match in sorted(chosen.sample(found, min(len(found), 3)), key=lambda m: -m.start()):
        text = text[: match.start()] + chosen.choice(_HUGE) + text[match.end() :]
    return text.encode("utf-8", "surrogateescape")


def _drawn_out(data: bytes, _: Sequence[bytes], chosen: random.Random) -> bytes:
    """Repeat a line or a piece up to 100,000 times, nest brackets, or make one line of all."""
    lines = data.split(b"\n")
    at = chosen.randrange(len(lines))
    act = chosen.randrange(5)
    if act == 0:
        return b"".join(lines)
    if act == 1:
        piece = chosen.choice((b"[", b"{", b"(", b">", b"<div>", b'{"a":', b"- ", "《".encode()))
    elif act == 2:
        start = chosen.randrange(len(lines[at]) + 1)
        piece = lines[at][start : start + chosen.randint(1, 12)] or b" "
    else:
        piece = lines[at] + b"\n"
    times = min(chosen.choice(_TIMES), _MOST_ADDED // len(piece))
    lines[at] += b"\n" * (act > 2) + piece * times
    return b"\n".join(lines)


def _archive(data: bytes, chosen: random.Random) -> bytes | None:
    """Change a member of a ZIP file, leave one out or double it, and pack it again."""
    if not data.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # what was changed already is no archive any more
        return None
    for _ in range(chosen.choice((1, 1, 2, 4))):
        if not members:
            break
        at = chosen.randrange(len(members))
        name, inner = members[at]
        act = chosen.randrange(10)
        if act == 0:
            del members[at]
        elif act == 1:
            members.append((name + chosen.choice(("", "x", "/../x")), inner))
        elif act == 2:
            members[at] = (chosen.choice(members)[0], inner)
        else:
            members[at] = (name, mutated([inner], chosen))
    out = io.BytesIO()
    method = chosen.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # two members of one name are meant
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name), inner)
    return out.getvalue()


def _json(data: bytes, chosen: random.Random) -> bytes | None:
    """Change values in JSON, or in some of the lines that are JSON each."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    lines = data.splitlines() or [b""]
    for _ in range(chosen.choice((1, 1, 2, 4))):
        at = chosen.randrange(len(lines))
        try:
            value = _changed(json.loads(lines[at]), chosen)
            lines[at] = json.dumps(value).encode()
        except (ValueError, RecursionError):
            return None
    return b"\n".join(lines)


def _changed(value: Any, chosen: random.Random) -> Any:
    if isinstance(value, dict | list) and value and chosen.random() < 0.9:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = chosen.choice(list(keys))
        act = chosen.randrange(8)
        if act == 0:
            del value[key]
        elif act == 1 and isinstance(value, dict):
            value[chosen.choice(("text", "type", "n", "x", ""))] = value[key]
        elif act == 2 and isinstance(value, list):
            value.append(value[key])
        else:
            value[key] = _changed(value[key], chosen)
        return value
    return chosen.choice(_VALUES)


def _spliced(data: bytes, __: Sequence[bytes], chosen: random.Random) -> bytes:
    """Put pieces that mean something between the characters, some of them often."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(chosen.choice((1, 2, 4, 8))):
        at = chosen.randrange(len(text) + 1)
        many = chosen.choice((1, 1, 1, 2, 8, 100, 2000))
        text = text[:at] + chosen.choice(_PIECES) * many + text[at + chosen.choice((0, 0, 1, 9)) :]
    return text.encode("utf-8", "surrogateescape")


def _scrambled(data: bytes, good: Sequence[bytes], chosen: random.Random) -> bytes:
    """Change, cut out, double and move bytes, join two inputs, strew in characters."""
    changed = bytearray(data)
    for _ in range(chosen.choice((1, 1, 2, 4, 16, 64))):
        at = chosen.randrange(len(changed) + 1)
        size = chosen.choice((1, 1, 2, 4, 16, 256, 4096))
        act = chosen.randrange(7)
        if act == 0 and at < len(changed):
            changed[at] = chosen.randrange(256)
        elif act == 1:
            del changed[at : at + size]
        elif act == 2:
            changed[at:at] = changed[at : at + size] * chosen.choice((1, 2, 8))
        elif act == 3:
            piece = "".join(chosen.choices(_SPICE, k=chosen.randint(1, 6)))
            changed[at:at] = piece.encode()
        elif act == 4:
            other = chosen.choice(good)
            start = chosen.randrange(len(other) + 1)
            changed[at : at + size] = other[start : start + size]
        elif act == 5:
            changed[at : at + size] = bytes(min(size, 64))
        else:
            del changed[at:]
    return bytes(changed)
