"""What headings, openings and single sentences say of the role: problem, plan, background."""

from __future__ import annotations

import pytest

from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.document.roles import (
    role_of_heading,
    role_of_item,
    role_of_opening,
    role_of_sentence,
)
from gongwen.nlp.records import Role

HEADINGS: dict[str, Role | None] = {
    "二、工作中碰到的问题": "problem",
    "遇到的主要困难": "problem",
    "二、存在的问题": "problem",
    "三、推进法治政府建设存在的不足和原因": "problem",
    "（二）主要问题": "problem",
    "当前存在的困难和挑战": "problem",
    "短板弱项": "problem",
    "三、存在的問題": "problem",
    "四、下一步工作打算": "plan",
    "一、下步工作安排": "plan",
    "四、下一年度推进法治政府建设的主要安排": "plan",
    "五、2021年工作计划": "plan",
    "二、2021年重点工作": "plan",
    "今后努力方向": "plan",
    "六、意见建议": "plan",
    "名词解释": "background",
    "附件": "background",
    "1.下一步工作思路不清": None,
    "一、加强组织领导": None,
    "一、主要举措和成效": None,
    "二、履行第一责任人职责情况": None,
    "一、2020年工作回顾": None,
    "计划生育工作": None,
    "坚持问题导向": None,
    "（一）存在问题整改情况": None,
    "一、解决群众急难愁盼问题": None,
    "": None,
}


@pytest.mark.parametrize(("heading", "role"), HEADINGS.items(), ids=HEADINGS)
def test_role_of_heading(heading: str, role: Role | None) -> None:
    assert role_of_heading(heading) == role


OPENINGS: dict[str, tuple[str, Role | None]] = {
    "the seed's problems": (
        "2020年,我县法治政府建设工作虽然得到进一步加强,取得了一定的成绩,但我们清醒地认识到,"
        "我们的工作还存在一些短板,主要表现在:一是部分领导干部学习不够深入。",
        "problem",
    ),
    "the seed's plans": ("下一步,我们将进一步加强领导,提高政治站位。一是加强领导。", "plan"),
    "a gap to what is asked": ("在肯定成绩的同时,也清醒地看到,与上级要求相比还有差距。", "problem"),
    "mainly these": ("主要存在以下问题:一是力量不足。", "problem"),
    "from now on": ("今后,我县将继续努力。", "plan"),
    "full-width punctuation": ("接下来，我局将抓好落实。", "plan"),
    "next year": ("明年重点抓好三件事。", "plan"),
    "a year with a will": ("2021年,我们将继续推进法治政府建设。", "plan"),
    "a year with a plan for it": ("2025年计划新建泵站6座。", "plan"),
    "a year that was the first of a plan": ("1996年是实施“九五”计划的头一年。", None),
    "a year that was the last of a plan": ("2020年是收官年，规划任务要完成的都完成了。", None),
    "an answer to these problems": ("针对上述问题,下一步将加大力度。", "plan"),
    "a year with figures": ("2020年,我县开展执法检查12次。", None),
    "problems that were found and mended": ("查找存在的问题12个,全部整改到位。", None),
    "the problem comes in a later sentence": ("全年办案12件。但还存在一些短板。", None),
    "an achievement": ("今年以来,全县普法工作扎实推进。", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("paragraph", "role"), OPENINGS.values(), ids=OPENINGS)
def test_role_of_opening(paragraph: str, role: Role | None) -> None:
    assert role_of_opening(paragraph) == role


SENTENCES: dict[str, Role | None] = {
    "仍有6家单位没有配备专职人员。": "problem",
    "尚有少数单位怕当被告。": "problem",
    "力争年内实现双语发布全覆盖。": "plan",
    "专此报告，请予审阅。": "background",
    "以上报告，请予审议，并请提出意见。": "background",
    "提请审议地方性法规草案13件，出台规章2件。": None,
    "全年报请审议重大事项9件。": None,
    "基层执法力量有待进一步加强。": "problem",
    "部分单位重视不够。": "problem",
    "个别部门执法程序不规范。": "problem",
    "“重实体轻程序”现象仍需改善。": "problem",
    "下一步,将完善工作机制。": "plan",
    "我们将继续推进依法行政。": "plan",
    "全县将进一步规范执法行为。": "plan",
    "力争到2025年全面建成法治政府。": "plan",
    "现将武功县2020年度法治政府建设工作总结汇报如下:": "background",
    "特此报告。": "background",
    "各位代表：": "background",
    "武功县人民政府": "background",
    "2021年1月8日": "background",
    "二〇二一年一月八日": "background",
    "全县办理行政复议案件12件。": None,
    "针对执法不规范问题,开展专项整改。": None,
    "解决了机制不健全的问题。": None,
    "将全县各类执法主体纳入监管平台。": None,
    "县司法局负责此项工作。": None,
    "": None,
}


@pytest.mark.parametrize(("sentence", "role"), SENTENCES.items(), ids=SENTENCES)
def test_role_of_sentence(sentence: str, role: Role | None) -> None:
    assert role_of_sentence(sentence) == role


ITEMS: dict[str, Role | None] = {
    "3.下一步，我们将加强培训。": "plan",
    "3. 2021年，我们将加强培训。": "plan",
    "3.2021年，我局将加强培训。": "plan",
    "３．下一步,加强培训.": "plan",
    "（三）下一步，压实责任；": "plan",
    "(3)今后工作中,要压实责任。": "plan",
    "三、下一步我们要压实责任。": "plan",
    "③明年，压实责任": "plan",
    "3)接下来：压实责任": "plan",
    "C.下一步,压实责任": "plan",
    "1.3 下一步,压实责任": "plan",
    "第三，下一步将压实责任。": "plan",
    "三是下一步，压实责任。": "plan",
    "（三）第二，下一步,压实责任": "plan",
    "（三）針對上述問題，我們將壓實責任。": "plan",
    "• 下一步，压实责任": "plan",
    "Ⅲ、下一步，压实责任": "plan",
    "(二)下一步工作思路不清。": None,
    "2.明年工作计划已印发各单位。": None,
    "2.1990年计划的执行情况": None,
    "二是针对上述问题，已整改到位。": None,
    "(2)下半年，组织检查12次。": None,
    "2.今后怎么干，心里没有数，力度不够。": None,
    "2.加强执法监督。": None,
    "2.": None,
    "": None,
}


@pytest.mark.parametrize(("item", "role"), ITEMS.items(), ids=ITEMS)
def test_role_of_item(item: str, role: Role | None) -> None:
    assert role_of_item(item) == role


HEAD = "某县2020年工作报告\n\n一、主要做法\n全年办案12件。\n"
LISTS = {
    "short items": ("1.查案12件。\n2.下一步，加强培训。\n3.压实责任。", "aapp"),
    "brackets": ("(1)查案12件。\n(2)下一步，加强培训。\n(3)压实责任。", "aapp"),
    "signs": ("①查案12件。\n②下一步，加强培训。\n③压实责任。", "aapp"),
    "words": ("一是查案12件。\n二是下一步，加强培训。\n三是压实责任。", "aapp"),
    "text of its own below": ("1.下一步，加强培训。\n全县共同努力。\n2.压实责任。", "appp"),
    "in one paragraph, which it ends with": (
        "一是查案12件。二是下一步，加强培训。三是压实责任。\n查案15件。",
        "aappa",
    ),
    "a heading above ends it": ("1.下一步，加强培训。\n二、工作成效\n查案15件。", "apaa"),
    "a heading that looks back ends it": (
        "二、下一步，加强培训，压实责任，完善机制，推动各项工作再上新的台阶，取得新的更大成绩。\n"
        "三、工作成效\n查案15件。",
        "apaa",
    ),
    "long items": (
        "二、下一步，加强培训，压实责任，完善机制，推动各项工作再上新的台阶，取得新的更大成绩。\n"
        "三、压实各级各部门的责任，完善督查机制，推动法治建设各项任务一件一件落到实处、见到成效。",
        "app",
    ),
}


@pytest.mark.parametrize(("text", "roles"), LISTS.values(), ids=LISTS)
def test_a_plan_among_items_goes_on(text: str, roles: str) -> None:
    sentences = parse_document(HEAD + text).sentences
    assert "".join(s.role[0] for s in sentences if s.n > 2) == roles
