"""Make a small library with the gongwen that is installed; see README.md beside this file.

Usage: python make_library.py REPORTS LIBRARY, both folders that are not there yet.
"""

from __future__ import annotations

import json
import sys
from inspect import signature
from pathlib import Path

import gongwen

WUGONG = """武功县2020年法治政府建设工作总结

2020年，全县法治政府建设工作扎实推进，现将情况总结如下。
一、主要工作
（一）行政复议应诉
全年办理行政复议案件24件，比上年增加4件，其中维持18件、撤销6件。
一是推行行政执法公示制度，公示执法信息1320条，占应公示信息的98.5%。
（二）法律服务
聘请法律顾问36名，为重大决策出具法律意见书52份。
二、存在问题
基层执法力量不足，全县16个镇办中有3个没有专职执法人员。
三、下一步打算
2021年，将培训执法人员400人次，落实行政机关负责人出庭应诉制度。
武功县司法局
2021年1月15日
"""
CHENCANG = """宝鸡市陈仓区人民政府
关于2019年依法行政工作情况的报告

2019年，我区认真贯彻落实法治政府建设要求，现报告如下。
一、规范性文件管理
全年审查规范性文件15件，废止4件，备案率100%。
二、矛盾纠纷化解
调解矛盾纠纷2315件，调解成功2268件，成功率98%。
2018年以来，全区共建成公共法律服务站18个，投入资金120.5万元。
"""
GIVEN = (
    "杨陵区2018年度工作要点\n一是清理行政许可事项，取消审批事项12项。\n二是开展普法宣传85场次。\n"
)
TOPICS = """[[topics]]
slug = "review"
zh = "复议"
keywords = ["行政复议", "复议案件", "出庭应诉", "负责人出庭"]

[[topics]]
slug = "enforcement"
zh = "执法"
keywords = ["执法公示", "执法信息", "执法人员", "执法力量"]

[[topics]]
slug = "service"
zh = "服务"
keywords = ["法律顾问", "法律意见", "法律服务", "调解", "矛盾纠纷"]
"""


def main(reports: Path, folder: Path) -> None:
    """Write the reports and make a library of them, with all that this version knows to keep."""
    reports.mkdir(parents=True)
    for name, text in (("武功县2020", WUGONG), ("陈仓区2019", CHENCANG), ("杨陵区2018", GIVEN)):
        (reports / f"{name}.txt").write_text(text, "utf-8")
    # Almost the same for the next year, by which reports are listed as similar.
    later = WUGONG.replace("2020年", "2022年").replace("24件", "31件").replace("1320条", "1410条")
    (reports / "武功县2022.txt").write_text(later, "utf-8")
    with gongwen.Library(folder) as library:
        library.add(reports, min_probability=0.3)
        (folder / "synonyms.toml").write_text('groups = [["援助站", "服务站"]]\n', "utf-8")
        if hasattr(library, "describe"):
            (reports / "又一份").mkdir()
            (reports / "又一份" / "武功县总结.txt").write_text(WUGONG, "utf-8")
            library.add(reports / "又一份")
            library.describe(id_of(library, "陈仓区"), agency="陈仓区政府办", kind="年终汇报")
        correct(library, id_of(library, "2020"), "没有专职执法人员", "leadership")
        (reports / "topics.toml").write_text(TOPICS, "utf-8")
        # A model of so few texts cannot be measured; later versions use it only if told to.
        told = {"force": True} if "force" in signature(library.train).parameters else {}
        library.train(topics=reports / "topics.toml", **told)
        assert library.models.active == 1
        library.retag()
        correct(library, id_of(library, "陈仓区"), "公共法律服务站", "service")
        assert library.search("行政复议").total
        print(json.dumps(library.status(), ensure_ascii=False, default=str))


def id_of(library: gongwen.Library, part: str) -> str:
    """Return the id of the first report whose id or title has ``part``."""
    return next(r.id for r in library.reports() if part in r.id + r.title)


def correct(library: gongwen.Library, report: str, words: str, topic: str) -> None:
    """Correct the topic of the sentence with these words."""
    n = next(s.n for s in library.sentences(report) if words in s.text)
    library.correct(report, n, topic=topic, author="审核人", note="核对过")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
