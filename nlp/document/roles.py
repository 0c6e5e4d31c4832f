"""Say what role a unit has by its own words: a heading, an opening, an item, a sentence.

A unit is a problem, a plan, or background to neither; all else is achievement. What the section
adds in which the unit stands is in ``section_roles.py``. The words are in
``seeds/vocabulary/roles.txt``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from ..records import Role
from ..text.normalize import fold, squeeze
from ..text.paragraphs import item_mark
from ..vocabulary import WordLists

_ROLES = WordLists(
    "roles",
    "problem-lead problem-noun problem-left problem-heading problem-heading-end solved-heading"
    " unsolved-heading"
    " plan-heading plan-heading-end plan-time plan-task plan-task-alone background-heading"
    " glossary-heading annex-heading caption speaker speaker-office review-heading"
    " review-heading-alone review-heading-end"
    " looks-back problem-opening-lead problem-opening-noun problem-seen problem-subject"
    " problem-predicate"
    " plan-opening plan-against plan-will lacking problem-cue some weak solved plan-start plan-how"
    " reported closing addressed plan-next plan-item-will plan-item-not",
)
_words = _ROLES.pattern

_SIGNATURE = re.compile(
    r"^(?:.{2,30}(?:政府|委员会|局|厅|办公室|办|院|部|街道办事处|司))$|^\(?[\d〇○零一二三四五六七八九]{4}年[\d一二三四五六七八九十]{1,2}月[\d一二三四五六七八九十]{1,3}日\)?$"
)


@cache
def _problem_heading() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('problem-lead')}.{{0,8}}{_words('problem-noun')}"
        rf"|尚存.{{0,4}}{_words('problem-left')}"
        rf"|{_words('problem-heading')}|{_words('problem-heading-end')}$"
    )


@cache
def _solved_heading() -> re.Pattern[str]:
    return re.compile(_words("solved-heading"))


@cache
def _unsolved_heading() -> re.Pattern[str]:
    return re.compile(_words("unsolved-heading"))


@cache
def _plan_heading() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('plan-heading')}|{_words('plan-heading-end')}$"
        rf"|(?:{_words('plan-time')}|\d{{4}}年?|\"?[一二三四五十]{{1,4}}五\"?(?:时期|期间)?)"
        rf".{{0,12}}{_words('plan-task')}"
        rf"|^.{{0,6}}{_words('plan-task-alone')}$"
    )


@cache
def _background_heading() -> re.Pattern[str]:
    return re.compile(rf"^.{{0,4}}{_words('background-heading')}$")


@cache
def _apart_heading() -> re.Pattern[str]:
    """Return the pattern of headings of what stands behind a report: glossaries and annexes."""
    number = r"(?:[\d一二三四五六七八九十]{1,3}|[(\[][\d一二三四五六七八九十]{1,3}[)\]])?"
    return re.compile(
        rf"^\(?.{{0,24}}{_words('glossary-heading')}\)?(?:\(.{{1,30}}\))?$"
        rf"|^\(?{_words('annex-heading')}{number}\)?(?:[:.、].{{0,60}})?$"
    )


@cache
def _review_heading() -> re.Pattern[str]:
    end = _words("review-heading-end")
    alone = _words("review-heading-alone")
    return re.compile(rf"{_words('review-heading')}|{end}$|^.{{0,4}}{alone}$")


@cache
def _progress_heading() -> re.Pattern[str]:
    """Return the pattern of headings that say how far something came, whatever they name."""
    return re.compile(rf"{_words('review-heading-end')}$")


@cache
def _caption() -> re.Pattern[str]:
    return re.compile(
        rf"^{_words('caption')}\d{{1,2}}(?:[-.]\d{{1,2}})?(?:[:.、]?[^,。;!?]{{1,40}})$"
    )


@cache
def _speaker() -> re.Pattern[str]:
    office = _words("speaker-office")
    return re.compile(
        rf"^{_words('speaker')}:.{{1,20}}$|^.{{0,16}}{office}[\u3400-\u9fff·]{{2,4}}$"
        r"|^--.{0,30}\d{1,2}日在.{4,40}(?:会议|大会)(?:第.{1,3}次(?:会议|全体会议))?上?$"
    )


@cache
def _salutation() -> re.Pattern[str]:
    return re.compile(
        rf"^(?:尊敬的)?(?:.{{0,12}}[、,])?各位{_words('addressed')}.{{0,12}}[:!]$|^同志们[:!]$"
    )


@cache
def _looks_back() -> re.Pattern[str]:
    return re.compile(_words("looks-back"))


@cache
def _problem_opening() -> re.Pattern[str]:
    return re.compile(
        rf"{_words('problem-opening-lead')}.{{0,24}}{_words('problem-opening-noun')}"
        rf"|{_words('problem-subject')}{_words('problem-predicate')}"
        r"|与.{2,30}(?:相比|要求).{0,12}差距"
    )


@cache
def _seen() -> re.Pattern[str]:
    return re.compile(rf"[也还更](?:应|要|应当|必须|须)?{_words('problem-seen')}")


@cache
def _weak() -> re.Pattern[str]:
    return re.compile(_words("problem-opening-noun", "weak"))


def _sees_problem(text: str) -> bool:
    """Say whether ``text`` sees a problem: 也要看到, and behind it what is weak."""
    seen = _seen().search(text)
    return seen is not None and _weak().search(text, seen.end()) is not None


_ADMITTED = re.compile(r"(?:清醒|深刻|充分)(?:地)?(?:认识|看|意识)到")
"""What a report says in front of its problems, whatever else the sentence says."""


@cache
def _plan_opening() -> re.Pattern[str]:
    return re.compile(
        r"^(?:(?:一|二|三|四|五|六|七|八|九)、|\([一二三四五六七八九]\))?"
        rf"(?:{_words('plan-opening')}"
        rf"|针对(?:这些|上述|以上|存在的?){_words('plan-against')}|做好(?:今年|明年|\d{{4}}年)"
        r"|\d{4}年,?(?:我们|我[省市县区局镇乡州旗]|全[省市县区]|[^是]{0,8}?)"
        rf"{_words('plan-will')})"
    )


_LABEL = re.compile(
    r"(?:[(\[]?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivxl]{2,6}|第?[一二三四五六七八九十百]{1,4}"
    r"|[甲乙丙丁戊己庚辛壬癸])(?:[)\]、:]|\.(?!\d)|\.(?=(?:19|20)\d\d年))|\d{1,2}(?:\.\d{1,2}){1,4}(?!\d)"
    r"|[①-⑳⑴-⒛㈠-㈩ⅰ-ⅻ➀-➓]|[-·○■◆*])[、.]?"
)
"""The number or mark of an item at the beginning of folded text, typed or automatic."""
_MAX_LABELS = 3


def _unlabelled(text: str) -> str:
    """Return the beginning of a paragraph, squeezed, without the numbers and marks in front.

    Example:
        >>> _unlabelled("（三）第二，下一步,我们将")
        '下一步,我们将'
    """
    bare = fold(text[:400]).lstrip()
    for _ in range(_MAX_LABELS):
        label = _LABEL.match(bare)
        length = label.end() if label else len(item_mark(bare))
        if not length:
            break
        bare = bare[length:].lstrip(" ,、:.")
    return squeeze(bare)


@cache
def _next_opening() -> re.Pattern[str]:
    """Return the pattern of an opening that is of a plan by itself: 下一步, and 今后工作中:."""
    return re.compile(rf"{_words('plan-next')}(?:的?工作)?[中上里]?[,:]")


@cache
def _item_will() -> re.Pattern[str]:
    return re.compile(_words("plan-item-will"))


@cache
def _item_not() -> re.Pattern[str]:
    return re.compile(_words("plan-item-not"))


@cache
def _problem_cue() -> re.Pattern[str]:
    return re.compile(
        rf"有待(?:进一步)?{_words('lacking')}|{_words('problem-cue')}"
        r"|(?:仍|尚)有(?:少数|个别|部分|一些|\d{1,3}[家个])"
        r"|(?:还|仍)(?:存在|有).{0,16}(?:问题|现象|情况|差距)"
        r"|(?:有|存在)(?:一定|较大)(?:的)?差距|重.{1,4}轻.{1,4}"
        rf"|{_words('some')}.{{0,40}}{_words('weak')}"
    )


@cache
def _solved() -> re.Pattern[str]:
    return re.compile(_words("solved"))


@cache
def _plan_cue() -> re.Pattern[str]:
    return re.compile(
        rf"^{_words('plan-start')}"
        rf"|(?:我们|我[省市县区局镇]|全[省市县区]|^)将{_words('plan-how')}"
        r"|力争(?:到|在)?(?:\d{4}年|年内|年底)"
    )


@cache
def _background() -> re.Pattern[str]:
    reported = _words("reported")
    return re.compile(
        rf"现将.{{0,60}}{reported}如下|(?:报告|汇报|总结|公布)如下[:。]?$"
        rf"|[特专]此{_words('closing')}"
        r"|(?<![提报呈申])请予?审[议阅]|^此件公开|^\(此页无正文"
        r"|^(?:依据|根据|按照)《.{2,60}》.{0,40}(?:编制|撰写)(?:本|而成|.{0,12}报告)"
    )


_NUMBER = re.compile(
    r"^(?:第[一二三四五六七八九十\d]{1,3}(?:部分|[章节编])[、:]?|[一二三四五六七八九十]{1,3}[、.,]"
    r"|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])"
)
"""The number of a heading, squeezed."""


def _bare(heading: str) -> str:
    """Return a heading, squeezed, without its number and the mark at its end."""
    return _NUMBER.sub("", squeeze(heading).rstrip("。:"))


def role_of_heading(heading: str) -> Role | None:
    """Return the role that a heading gives to all under it, ``None`` if it gives none.

    Example:
        >>> role_of_heading("三、存在的问题"), role_of_heading("一、突出问题专项整治")
        ('problem', None)
    """
    bare = _bare(heading)
    if _names_problems(bare):
        return "problem"
    if (
        _plan_heading().search(bare)
        and not _progress_heading().search(bare)
        and not _item_not().search(bare)
    ):
        return "plan"
    if _background_heading().search(bare) or _apart_heading().match(bare):
        return "background"
    return None


def _names_problems(bare: str) -> bool:
    """Say whether a heading, squeezed, names problems and not how they are solved."""
    if not _problem_heading().search(bare):
        return False
    return not _solved_heading().search(bare) or bool(_unsolved_heading().search(bare))


Parts = Literal["review and plan", "problems and plan"]
"""Two parts that one heading names, in the order in which they follow."""


def parts_of_heading(heading: str) -> Parts | None:
    """Return the two parts of which a section with this heading is made, ``None`` for any other.

    Example:
        >>> parts_of_heading("一、2023年工作回顾和2024年工作安排")
        'review and plan'
        >>> parts_of_heading("三、存在问题及下步打算")
        'problems and plan'
    """
    bare = _bare(heading)
    plan = _plan_heading().search(bare)
    if not plan:
        return None
    problem = _problem_heading().search(bare)
    if problem and problem.start() < plan.start():
        return "problems and plan"
    review = _review_heading().search(bare)
    return "review and plan" if review and review.start() < plan.end() - 2 else None


def stands_apart(heading: str) -> bool:
    """Say whether ``heading`` is of what stands behind a report: a glossary, an annex.

    Example:
        >>> stands_apart("附件1"), stands_apart("《报告》名词解释"), stands_apart("附件齐全")
        (True, True, False)
    """
    return len(heading) <= _LONGEST_FRAME and bool(_apart_heading().match(_bare(heading)))


def reviews(heading: str) -> bool:
    """Say whether ``heading`` is of a part that tells what was reached.

    Example:
        >>> reviews("一、2023年工作回顾"), reviews("二、2024年工作安排")
        (True, False)
    """
    return bool(_review_heading().search(_bare(heading)))


def looks_back(heading: str) -> bool:
    """Say whether ``heading`` is of a part that reports, so that it is no more of the plan."""
    return bool(_looks_back().search(squeeze(heading)))


def role_of_opening(paragraph: str) -> Role | None:
    """Return the role that a paragraph without a heading of its own announces in its opening."""
    bare = squeeze(paragraph[:400])
    opening = bare[:160]
    if _plan_opening().match(opening):
        return "plan"
    first = re.split(r"[。;]", opening, maxsplit=1)[0]
    if _ADMITTED.search(first) or _sees_problem(first):
        return "problem"
    if len(first) < 160 and _problem_opening().search(first) and not _solved().search(first):
        return "problem"
    return None


def role_of_item(text: str) -> Role | None:
    """Return ``plan`` for an item of a list that announces a plan, ``None`` for any other.

    Among items an opening such as 下一步 alone is not enough: the item may name a problem (下一步
    工作思路不清) or what is done already (明年计划已印发).

    Args:
        text: a paragraph, sentence or heading with its number or mark, typed or automatic.

    Example:
        >>> role_of_item("3.下一步，我们将加强培训。")
        'plan'
    """
    bare = _unlabelled(text)
    if not _plan_opening().match(bare):
        return None
    first = re.split(r"[。;!?]|\.(?!\d)", bare, maxsplit=1)[0]
    if _next_opening().match(bare):
        return "plan"
    doubtful = _problem_cue().search(first) or _item_not().search(first)
    return "plan" if _item_will().search(first) and not doubtful else None


def role_of_sentence(sentence: str) -> Role | None:
    """Return the role that the words of a single sentence give it, ``None`` if they give none."""
    bare = squeeze(sentence)
    if _background().search(bare) or _SIGNATURE.match(bare) or _is_frame(bare):
        return "background"
    if _plan_cue().search(bare):
        return "plan"
    if _problem_cue().search(bare) and not _solved().search(bare):
        return "problem"
    return None


_LONGEST_FRAME = 80
"""Characters of the longest line that names a speaker or a table."""
_STOPS = frozenset("。；;,，、？?")
"""Marks with which no such line ends."""


def frames(text: str) -> bool:
    """Say whether a unit belongs to no part of a report: a salutation, a speaker, a caption.

    Example:
        >>> frames("各位代表！"), frames("表2 主要指标"), frames("表2显示成效好。")
        (True, True, False)
    """
    return len(text) <= _LONGEST_FRAME and text[-1:] not in _STOPS and _is_frame(squeeze(text))


def _is_frame(bare: str) -> bool:
    return bare[-1:] not in _STOPS and bool(
        _salutation().match(bare) or _caption().match(bare) or _speaker().match(bare)
    )


def opens_list(paragraph: str) -> bool:
    """Say whether a paragraph announces the items that follow: it ends with a colon, or 如下.

    Example:
        >>> opens_list("还存在以下问题。"), opens_list("问题还不少。")
        (True, False)
    """
    bare = squeeze(paragraph[-40:])
    return bare.endswith(":") or bool(_LIST_FOLLOWS.search(bare))


_LIST_FOLLOWS = re.compile(r"(?:以下|如下|下列).{0,12}[。,]?$|几个?方面.{0,8}。$")


def begins_with_label(paragraph: str) -> bool:
    """Say whether a paragraph begins with a number or mark of an item, typed or automatic."""
    return bool(item_mark(paragraph) or _LABEL.match(fold(paragraph[:16])))
