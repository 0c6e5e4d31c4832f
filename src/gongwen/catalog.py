"""Translate the messages that users see, with the gettext catalogues under ``locale/``.

Messages are English in the code and are their own keys. ``locale/zh_CN/LC_MESSAGES/gongwen.po``
has the Chinese ones; building the package compiles it to a ``.mo`` file, which is read here. A
message that the catalogue does not have stays English.

The language belongs to the current context (:mod:`contextvars`), so that threads and tasks can
speak different ones. It is English until :func:`use_language` is called, which the command line
does for ``--lang``, ``GONGWEN_LANG``, or the locale, in this order.

Example:
    >>> use_language("zh")
    >>> _("no figures found")
    '没有找到数字'
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from .nlp.errors import QueryError, quoted
from .nlp.fields import chinese

LANGUAGES = ("en", "zh")
"""The languages of messages, as ``--lang`` takes them."""
_CATALOGUES = {"zh": "zh_CN"}
"""The folder under ``locale/`` of each language; English needs none."""
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the locale, in the order in which POSIX looks at them."""

_language: ContextVar[str] = ContextVar("gongwen_language", default="en")


def use_language(language: str) -> None:
    """Choose the language of messages in the current context.

    Args:
        language: one of :data:`LANGUAGES`.

    Raises:
        QueryError: there is no such language.
    """
    if language not in LANGUAGES:
        raise QueryError(f"language {quoted(language)} is none of {', '.join(LANGUAGES)}")
    _language.set(language)


def current_language() -> str:
    """Return the language of messages in the current context, one of :data:`LANGUAGES`."""
    return _language.get()


def preferred_language(environment: Mapping[str, str], system: str = "") -> str:
    """Return the language that a user's environment asks for.

    Args:
        environment: environment variables; ``GONGWEN_LANG`` counts before the locale.
        system: the language of the system's interface (``zh_CN``), for systems that name it
            otherwise than by variables.

    Returns:
        One of :data:`LANGUAGES`; English for a locale of any other language.

    Raises:
        QueryError: ``GONGWEN_LANG`` names a language that there is not.

    Example:
        >>> preferred_language({"LANG": "zh_CN.UTF-8"})
        'zh'
    """
    if asked := environment.get("GONGWEN_LANG", "").strip():
        language = asked.replace("-", "_").partition("_")[0].lower()
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise QueryError(f"GONGWEN_LANG is {quoted(asked)}, which is none of {known}")
        return language
    set_ones = (environment[name] for name in _LOCALE_VARIABLES if environment.get(name))
    locale = next(set_ones, system).replace("-", "_")
    return "zh" if locale.lower().startswith(("zh_", "zh.", "chinese")) or locale == "zh" else "en"


def _(message: str) -> str:
    """Return a message in the language of the current context.

    Args:
        message: the English message; fields such as ``{count}`` are filled in afterwards with
            :meth:`str.format`.
    """
    return _translations(_language.get()).gettext(message)


def gettext_noop(message: str) -> str:
    """Return ``message``; marks a constant whose translation is looked up when it is shown."""
    return message


def ngettext(one: str, several: str, count: int) -> str:
    """Return one of two messages, by a number, in the language of the current context.

    Args:
        one: the English message for one.
        several: the English message for any other number.
        count: the number.
    """
    return _translations(_language.get()).ngettext(one, several, count)


def cited(value: str) -> str:
    """Return user input for a message, in the quotation marks of the current language.

    Example:
        >>> use_language("zh")
        >>> cited("甲县")
        '“甲县”'
    """
    shown = quoted(value)
    return shown if current_language() == "en" else f"“{shown[1:-1]}”"


def in_brackets(text: object) -> str:
    """Return a text in brackets as it follows a word, in the marks of the current language.

    Example:
        >>> use_language("zh")
        >>> f"件{in_brackets(3)}"
        '件（3）'
    """
    return _(" ({text})").format(text=text)


def labelled(label: object, text: object) -> str:
    """Return a text behind its label and a colon, in the marks of the current language.

    Example:
        >>> use_language("zh")
        >>> labelled("年份", 2020)
        '年份：2020'
    """
    return f"{label}{_(': ')}{text}"


def choice_name(option: str, value: str) -> str:
    """Return what a fixed value of an option is called in the current language.

    Args:
        option: a key of :data:`~gongwen.nlp.fields.CHOICES`.
        value: the English value.

    Example:
        >>> use_language("zh")
        >>> choice_name("sort", "year")
        '年份'
    """
    return value if current_language() == "en" else chinese(option, value)


def choice_names(option: str, values: Iterable[str]) -> str:
    """Return a list of fixed values of an option as a message in the current language has it.

    Example:
        >>> use_language("zh")
        >>> choice_names("sort", ["year", "left"])
        '年份、左'
    """
    return listed(choice_name(option, value) for value in values)


def listed(names: Iterable[str]) -> str:
    """Return names one behind the other, as a message in the current language has them.

    Example:
        >>> use_language("en")
        >>> listed(["甲", "乙"])
        '甲, 乙'
    """
    return (", " if current_language() == "en" else "、").join(names)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the messages of a language by the English ones, empty for English.

    Of messages that depend on a number, the key is the one for one.

    Args:
        language: one of :data:`LANGUAGES`.
    """
    # The messages that gettext has read; it gives them out one by one only.
    messages = vars(_translations(language)).get("_catalog", {})
    return {
        message if isinstance(message, str) else message[0]: text
        for message, text in messages.items()
        if message
    }


@cache
def _translations(language: str) -> gettext.NullTranslations:
    folder = _CATALOGUES.get(language)
    if folder is None:
        return gettext.NullTranslations()
    path = files(__package__).joinpath("locale", folder, "LC_MESSAGES", "gongwen.mo")
    try:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)
    except FileNotFoundError:  # a checkout that was never built
        return gettext.NullTranslations()
