"""Questions to an open library, one kind after another; prints their processor times as JSON.

``python library_growth_questions.py LIBRARY [ROUNDS]`` opens the library, asks one question of each
kind, which loads modules and memory-mapped files, and then ROUNDS others of each kind. It uses
public names alone, so that an older checkout runs it as well (``PYTHONPATH=CHECKOUT/src``).
``python -m benchmarks.library_growth`` calls it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random
from typing import Any

import gongwen

_COMMON = ("工作", "发展", "建设", "管理", "经济", "服务", "社会", "企业", "加强", "国家", "改革")
"""Words that stand in some percent of all sentences."""
_RARE = ("行政复议", "法律顾问", "无人机", "退役军人", "河长制", "公积金", "养老机构", "传染病",
         "污水处理厂", "知识产权", "地质灾害")  # fmt: skip
"""Words that stand in less than one sentence of a thousand."""
_PINYIN = ("falvguwen", "xingzhengfuyi", "zhishichanquan", "wushuichuli", "jingjifazhan",
           "gonggongfuwu", "shehuibaozhang", "yinhang", "jiaoyugaige", "huanjingbaohu",
           "zhengfugongzuo")  # fmt: skip
_LONG = (
    "加强和改进新形势下基层行政执法人员的法治教育培训工作",
    "统筹推进城乡污水处理设施和配套管网的建设与运行管理",
    "鼓励企业加大研究开发投入并支持高等学校参与技术创新",
    "完善社会保障体系提高城乡居民基本养老保险的待遇水平",
    "严格落实安全生产责任制坚决防范遏制重特大事故的发生",
    "深化农村集体产权制度改革发展壮大新型农村集体经济",
)
_SYLLABLES = "亶俅偁儆冏劭勖匏卣唪嗄嘏囹圉埤堠墉壖夆奭妧姞娵嫪孥宬尻屺岏峥嵎巎帑庑弁彘徼忮恝"
"""Characters that hardly a report has; a few of them make a string that none has."""


def _absent() -> Iterator[str]:
    """Yield words that are in no report, each another one."""
    random = Random(7)
    while True:
        yield "".join(random.sample(_SYLLABLES, 2)) + "工程"


def _absent_strings() -> Iterator[str]:
    """Yield exact strings of ordinary characters that stand in no sentence."""
    random = Random(8)
    while True:
        yield (
            '"' + "".join(random.choice("工作发展建设管理经济服务社会企业") for _ in range(9)) + '"'
        )


def _kinds(library: Any) -> dict[str, tuple[Callable[[Any], object], Iterator[Any]]]:
    """Return for each kind of question what asks it, and the questions."""
    reports = library.reports()
    report = max(reports[:: max(1, len(reports) // 50)], key=lambda one: one.sentences)
    spoken = [s for s in library.sentences(report.id) if s.kind == "sentence" and len(s.text) > 25]
    places = cycle((report.id, s.n) for s in spoken)
    return {
        "common word": (library.search, cycle(_COMMON)),
        "rare word": (library.search, cycle(_RARE)),
        "nothing found: rare word": (library.search, _absent()),
        "nothing found: string": (library.search, _absent_strings()),
        "long question": (library.search, cycle(_LONG)),
        "pinyin": (library.search, cycle(_PINYIN)),
        "similar": (lambda place: library.similar(*place), places),
        "figures(query)": (library.figures, cycle(_RARE)),
        "figures(common query)": (library.figures, cycle(("企业", "投资", "就业"))),
    }


def main() -> None:
    """Print the milliseconds of the processor that a question of each kind takes, and the MB."""
    folder, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    found: dict[str, float] = {}
    with gongwen.open(folder, read_only=True) as library:
        for kind, (ask, questions) in _kinds(library).items():
            ask(next(questions))
            took = []
            for question in islice(questions, rounds):
                began = time.process_time()
                ask(question)
                took.append(1000 * (time.process_time() - began))
            found[kind] = round(statistics.median(took), 2)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
