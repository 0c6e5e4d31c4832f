"""Units and their dimensions: which can be converted to which, and by what exact factor.

The table is ``seeds/vocabulary/units.toml``. A library of units such as pint is not used: its units
are those of physics in English; Chinese names, 亩, 斤 and 担, measure words and 万 in front of any
unit would all have to be added, while of its thousand units about twenty would be needed. It also
converts by floating point, and the checks must be exact.

A unit that is not in the table is a dimension of its own: 件, 起 and 宗, 人 and 人次 are never
converted to one another. A compound unit is converted by its parts: 元/平方米, 微克/立方米.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from ..errors import QueryError, SeedError, quoted
from ..seeds import read_toml
from ..text.numerals import size_of
from ..vocabulary import shipped_words

_KEYS = {"name", "base", "units"}
_FACTOR = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15}|/[1-9][0-9]{0,14})?")
_SCALE = re.compile("[十百千万亿]+")
_EXACT = Context(prec=28)
"""Digits of a value whose decimals do not end: 1亩 in 公顷 is 0.06666666666666666666666666667."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement.

    Attributes:
        name: the unit as given: ``万吨``, ``元/平方米``.
        dimension: what it measures: ``mass``, ``CNY/area``; for a unit that is not in the table
            its own name without 万 or 亿.
        base: the unit in which all of the dimension can be given: ``千克``, ``元/平方米``.
        factor: what one is worth in ``base``.
    """

    name: str
    dimension: str
    base: str
    factor: Fraction


def unit_of(name: str) -> Unit:
    """Return the unit of a name; it may have 万 or 亿 in front, and parts behind /.

    Example:
        >>> unit_of("万吨").dimension, unit_of("万吨").base, int(unit_of("万吨").factor)
        ('mass', '千克', 10000000)
    """
    above, *below = [_simple(part) for part in name.split("/")]
    dimension, base, factor = above.dimension, above.base, above.factor
    for part in below:
        dimension, base = f"{dimension}/{part.dimension}", f"{base}/{part.base}"
        factor /= part.factor
    return Unit(name, dimension, base, factor)


def dimension_of(unit: str) -> str:
    """Return what a unit measures; units of one dimension can be converted to one another.

    Example:
        >>> dimension_of("公顷"), dimension_of("微克/立方米"), dimension_of("人次")
        ('area', 'mass/volume', '人次')
    """
    return unit_of(unit).dimension


def base_unit(unit: str) -> str:
    """Return the unit in which everything of the dimension of ``unit`` can be given.

    Example:
        >>> base_unit("公斤"), base_unit("亿美元"), base_unit("件")
        ('千克', '美元', '件')
    """
    return unit_of(unit).base


def same_dimension(one: str, other: str) -> bool:
    """Return whether the two units measure the same thing.

    Example:
        >>> same_dimension("亩", "平方公里"), same_dimension("%", "个百分点")
        (True, False)
    """
    return dimension_of(one) == dimension_of(other)


def convert(value: Decimal | float, from_unit: str, to_unit: str) -> Decimal:
    """Return ``value`` of ``from_unit`` in ``to_unit``.

    The result is exact, unless its decimals do not end (亩 in 公顷); then it has 28 digits.

    Raises:
        QueryError: the units measure different things.

    Example:
        >>> convert(3, "公顷", "亩"), convert(Decimal("1.5"), "亿元", "万元")
        (Decimal('45'), Decimal('15000'))
    """
    one, other = unit_of(from_unit), unit_of(to_unit)
    if one.dimension != other.dimension:
        raise QueryError(
            f"{quoted(from_unit)} cannot be converted to {quoted(to_unit)}: one is of"
            f" {quoted(one.dimension)}, the other of {quoted(other.dimension)}"
        )
    exact = Fraction(Decimal(str(value))) * one.factor / other.factor
    return _decimal(exact)


def _decimal(exact: Fraction) -> Decimal:
    result = _EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    rest, twos, fives = exact.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest == 1:  # the decimals end, however many digits there are
        places = max(twos, fives)
        result = Decimal(exact.numerator * 10**places // exact.denominator).scaleb(-places)
    return result.quantize(Decimal(1)) if result == result.to_integral_value() else result


@cache
def _simple(name: str) -> Unit:
    """Return a unit without parts behind /."""
    table = _shipped()
    if unit := table.get(name):
        return unit
    scale = _SCALE.match(name)
    if not scale or scale.end() == len(name):
        return Unit(name, name, name, Fraction(1))
    # The scale of 万千瓦 is 万: 千瓦 is in the table. That of 千件 is 千.
    for end in range(1, scale.end() + 1):
        if unit := table.get(name[end:]):
            break
    else:
        end, rest = scale.end(), name[scale.end() :]
        unit = Unit(rest, rest, rest, Fraction(1))
    return Unit(name, unit.dimension, unit.base, unit.factor * size_of(name[:end]))


@cache
def _shipped() -> Mapping[str, Unit]:
    return load_units(shipped_words("units.toml"))


def load_units(path: Path | Traversable) -> dict[str, Unit]:
    """Read a table of units: ``[[dimension]]`` with ``name``, ``base`` and ``units``.

    A unit is written with its factor, which may be a fraction: ``"亩 2000/3"``.

    Returns:
        The units by name.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: it is not TOML, or an entry is bad; names the file and line.
    """
    data, source = read_toml(path)
    lines = source.splitlines()
    begins = [n for n, line in enumerate(lines, 1) if re.match(r"\s*\[\[\s*dimension\s*\]\]", line)]
    entries = data.get("dimension")
    if set(data) != {"dimension"} or not isinstance(entries, list) or len(entries) != len(begins):
        raise SeedError(path.name, 0, "needs dimensions, each with [[dimension]] on its own line")
    found: dict[str, Unit] = {}
    names: set[str] = set()
    for entry, line in zip(entries, begins, strict=True):
        if set(entry) != _KEYS or not isinstance(entry["units"], list):
            raise SeedError(path.name, line, "a dimension has name, base and units, no more")
        name, base = entry["name"], entry["base"]
        if not isinstance(name, str) or not name or name in names:
            raise SeedError(path.name, line, "each dimension needs a name of its own")
        names.add(name)
        for written in entry["units"]:
            unit, _, factor = written.partition(" ") if isinstance(written, str) else ("", "", "")
            if not unit or not _FACTOR.fullmatch(factor) or not Fraction(factor):
                problem = f'{quoted(str(written))} is not a unit and its factor, such as "吨 1000"'
                raise SeedError(path.name, line, problem)
            if unit in found or "/" in unit:
                problem = f"{unit} is in two dimensions" if unit in found else f"{unit} has a /"
                raise SeedError(path.name, line, problem)
            found[unit] = Unit(unit, name, base, Fraction(factor))
        if not isinstance(base, str) or found.get(base) != Unit(base, name, base, Fraction(1)):
            raise SeedError(path.name, line, f"the base {base} must be a unit of factor 1")
    return found
