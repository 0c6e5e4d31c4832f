"""The arithmetic of a report: what passes, what fails, and what stays open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gongwen.nlp import Finding, check_text
from gongwen.nlp.figures.extract import extract_figures

TOTALS = [
    "11 = 4 + 7",
    "4 = 3 + 1",
    "4 = 2 + 2",
    "7 = 5 + 2",
    "254 = 249 + 5",
    "243 = 237 + 6",
    "162 = 160 + 2",
]


def of(text: str, kind: str) -> list[Finding]:
    return [f for f in check_text(text) if f.kind == kind]


def mutations(seed: str) -> list[tuple[str, str, int]]:
    """Return every total or part of the seed's seven sums, changed in several ways."""
    figures = [f for f in extract_figures(seed) if f.role in ("total", "part")]
    figures = [f for f in figures if "条" not in f.raw]  # 2268, 466: one part, no sum
    assert len(figures) == 21
    changed = []
    for f in figures:
        digits = f.raw.rstrip("件起")
        for other in {int(digits) + 1, int(digits) - 1, int(digits) * 10 + 3}:
            text = seed[: f.start] + str(other) + seed[f.start + len(digits) :]
            changed.append((f"{f.raw} to {other} in {f.indicator}", text, f.start))
    return changed


def test_the_seed_is_right(seed_text: str) -> None:
    findings = check_text(seed_text)
    assert [f.equation for f in findings if f.kind == "total=parts"] == TOTALS
    assert {f.status for f in findings} == {"PASS"}


def test_any_changed_number_of_a_sum_fails_at_its_place(seed_text: str) -> None:
    missed = []
    for what, text, place in mutations(seed_text):
        failed = [f for f in check_text(text) if f.status == "FAIL"]
        if len(failed) != 1 or not failed[0].start <= place < failed[0].end:
            missed.append(what)
    assert not missed


SUMS: dict[str, tuple[str, list[str]]] = {
    "其中, in full": ("受理申请12件，其中受理10件、不予受理2件。", ["PASS"]),
    "a part that is all, and more": ("受理案件20件，其中一审20件，二审8件。", []),
    "of an earlier number": ("受理12件，在审3件，其中胜诉10件，败诉2件。", ["PASS"]),
    "of an earlier number, or not": ("受理12件，在审3件，其中胜诉10件，败诉4件。", ["UNCERTAIN"]),
    "of no earlier number": ("受理9件，在审3件，其中胜诉10件，败诉4件。", ["FAIL"]),
    "in brackets": ("共有律师412名（专职律师380名，公职律师32名）。", ["PASS"]),
    "men and women": ("培训干部50人，其中男30人、女10人。", ["FAIL"]),
    "done and open": ("收到信访件90件，已办结80件，正在办理9件。", ["FAIL"]),
    "the total behind": ("查处食品案件12件、药品案件8件，共计21件。", ["FAIL"]),
    "the total behind, right": ("查处食品案件12件、药品案件8件，共计20件。", ["PASS"]),
    "the next sentence": (
        "财政赤字9000亿元。其中，中央财政赤字7000亿元，地方财政赤字2000亿元。",
        ["PASS"],
    ),
    "the next sentence, wrong": (
        "财政赤字9000亿元。其中，中央财政赤字7000亿元，地方财政赤字1000亿元。",
        ["FAIL"],
    ),
    "across semicolons": ("接待来访20批；其中集体访8批；个体访12批。", ["PASS"]),
    "parts that may not be all": (
        "办理案件100件，其中行政处罚案件30件，行政强制案件20件。",
        [],
    ),
    "parts that are nearly all": (
        "办理案件100件，其中行政处罚案件60件，行政强制案件38件。",
        ["UNCERTAIN"],
    ),
    "outcomes, many left out": ("审结案件120件，其中维持40件、驳回30件。", []),
    "a list that goes on": ("受理案件40件，其中维持30件、驳回5件等。", ["UNCERTAIN"]),
    "approximate": ("培训近100人，其中男60人、女30人。", []),
    "rounded": ("财政赤字2.8万亿元，其中中央1.83万亿元，地方9300亿元。", ["PASS"]),
    "items": ("全年共办理案件12件。\n一是行政处罚案件8件。\n二是行政许可案件4件。", ["PASS"]),
    "settled of what came in": (
        "受理申请20件，审结16件（含上年结转2件），其中维持10件、驳回6件。",
        ["PASS"],
    ),
    "of the whole in front": ("在全县46件行政复议案件中，维持30件，撤销17件。", ["FAIL"]),
    "two lists": (
        "应诉案件28件，其中一审20件，二审8件；胜诉22件，败诉3件，未审结3件。",
        ["PASS"] * 2,
    ),
    "two lists, a number behind": (
        "调解纠纷326件，其中邻里纠纷120件，其他纠纷206件，调解成功300件。",
        ["PASS"],
    ),
    "one list, too long": ("审结案件38件，其中维持30件、驳回8件、撤销2件。", ["FAIL"]),
    "kept, changed, repealed": (
        "清理规范性文件128件，继续有效96件，修改12件，废止21件。",
        ["FAIL"],
    ),
    "neither taken up nor refused": ("收到申请45件，受理40件，不予受理3件。", []),
    "more than came in": ("收到申请45件，受理43件，不予受理3件。", ["FAIL"]),
    "summed up with a verb": ("县级办理处罚案件324件，乡镇办理86件，合计办理400件。", ["FAIL"]),
    "carried cases among the settled": ("收到申请48件（含上年结转5件），审结50件，在办3件。", []),
    "carried cases in front": ("新收案件86件，旧存12件，审结90件，未结8件。", ["PASS"]),
    "carried cases beside": ("受理案件52件（上年转入4件，新收49件）。", ["UNCERTAIN"]),
    "parts that overlap": (
        "法律顾问45名，其中专职30名，兼职20名，5名同时兼任他职。",
        ["UNCERTAIN"],
    ),
    "parts of an earlier number": (
        "应诉15件，已审结12件，正在审理3件，其中胜诉10件，败诉2件。",
        ["PASS", "PASS"],
    ),
    "a mean": ("总值3万元，其中人均收入2万元、人均支出1万元。", []),
    "one part": ("公开信息2268条，其中重点领域信息466条。", []),
    "another unit": ("办理案件12件，其中涉及企业8家、个人4名。", []),
}


REPORT = "某县2020年法治政府建设工作总结\n\n一、依法行政\n{}\n二、部门工作\n{}\n"
LEVELS: dict[str, tuple[str, str, list[str]]] = {
    "right": (
        "全县共办理行政复议案件46件。",
        "县级部门办理行政复议案件30件。各镇办理行政复议案件16件。",
        ["PASS"],
    ),
    "not the sum": (
        "全县共办理行政复议案件46件。",
        "县级部门办理行政复议案件30件。各镇办理行政复议案件15件。",
        ["UNCERTAIN"],
    ),
    "not the sum of which": (
        "全县共办理行政复议案件46件。",
        "抓好落实。其中，县级部门办理行政复议案件30件，各镇（街道）办理15件。",
        ["FAIL"],
    ),
    "one level": ("全县共办理行政复议案件46件。", "县级部门办理行政复议案件30件。", []),
    "something else": (
        "全县共办理行政复议案件46件。",
        "县级部门办理行政应诉案件30件。各镇办理行政应诉案件16件。",
        [],
    ),
    "another year": (
        "2019年全县共办理行政复议案件46件。",
        "2020年县级部门办理行政复议案件30件。2020年各镇办理行政复议案件15件。",
        [],
    ),
    "a level twice": (
        "全县共办理行政复议案件46件。",
        "公安部门办理行政复议案件9件。住建部门办理行政复议案件8件。各镇办理行政复议案件5件。",
        [],
    ),
}


@pytest.mark.parametrize("case", LEVELS)
def test_sums_across_sections(case: str) -> None:
    whole, parts, expected = LEVELS[case]
    assert [f.status for f in of(REPORT.format(whole, parts), "total=parts")] == expected


@pytest.mark.parametrize("case", SUMS)
def test_sums(case: str) -> None:
    text, expected = SUMS[case]
    assert [f.status for f in of(text, "total=parts")] == expected


OTHERS: dict[str, tuple[str, str, list[str]]] = {
    "a share": ("ratio", "公开信息200条，其中重点领域信息50条，占25%。", ["PASS"]),
    "a share, rounded": ("ratio", "公开信息300条，其中重点领域信息100条，占33.3%。", ["PASS"]),
    "a share, wrong": ("ratio", "公开信息200条，其中重点领域信息50条，占35%。", ["FAIL"]),
    "a rate": ("ratio", "收到信访件200件，已办结190件，办结率95%。", ["PASS"]),
    "a rate, wrong": ("ratio", "收到信访件200件，已办结190件，办结率98%。", ["FAIL"]),
    "a share of another whole": ("ratio", "收到信访件200件，占全市的35%。", []),
    "a share, said shortly": ("ratio", "制定文件15件，公开12件，占比85%。", ["FAIL"]),
    "a rate of what was in front": (
        "ratio",
        "排查纠纷1250件，成功化解1213件，化解率98.6%。",
        ["FAIL"],
    ),
    "a rate of one of two": ("ratio", "受理举报230件，立案56件，办结50件，办结率89.3%。", ["PASS"]),
    "points": ("change", "办结率由93.1%提高到95.4%，提高2.3个百分点。", ["PASS"]),
    "points, wrong": ("change", "办结率由93.1%提高到95.4%，提高3.2个百分点。", ["FAIL"]),
    "growth": ("change", "案件由40件增加到50件，增长25%。", ["PASS"]),
    "growth of what prices leave": (
        "change",
        "国民收入由3010亿元增加到7790亿元，按可比价格计算增长94.9%。",
        [],
    ),
    "growth, wrong": ("change", "案件由40件增加到50件，增长20%。", ["FAIL"]),
    "decline": ("change", "案件由50件减少到40件，下降20%。", ["PASS"]),
    "twice": (
        "repeat",
        "2020年受理行政复议案件12件。全面公开。2020年受理行政复议案件13件。",
        ["FAIL"],
    ),
    "twice, the same": (
        "repeat",
        "2020年受理行政复议案件12件。全面公开。2020年受理行政复议案件12件。",
        ["PASS"],
    ),
    "twice, of another scope": (
        "repeat",
        "2020年全县受理行政复议案件12件。2020年县政府受理行政复议案件9件。",
        [],
    ),
    "twice, as a goal": (
        "repeat",
        "2020年受理行政复议案件12件。2020年力争受理行政复议案件13件。",
        [],
    ),
    "twice, once in the plan": (
        "repeat",
        "2020年受理行政复议案件12件。\n二、下一步工作打算\n2020年受理行政复议案件13件。",
        [],
    ),
    "twice, below a heading of several years": (
        "repeat",
        "一、“十三五”时期和2020年工作回顾\n建成农村公路120公里。\n建成农村公路30公里。",
        [],
    ),
    "a later year": (
        "year",
        "某县2020年法治政府建设工作总结\n\n2021年，审核合同12件。",
        ["UNCERTAIN"],
    ),
    "a later year, foreseen": (
        "year",
        "某县2020年法治政府建设工作总结\n\n到2022年要建成司法所12个。",
        [],
    ),
    "its own year": ("year", "某县2020年法治政府建设工作总结\n\n2020年，审核合同12件。", []),
    "above all": ("over100", "重点领域信息占全部信息的120%。", ["FAIL"]),
    "a rate above all": ("over100", "按时办结率120%。", ["FAIL"]),
    "a share, briefly, above all": ("over100", "重点领域信息占比120%。", ["FAIL"]),
    "a share of what it is no part of": ("over100", "抽检费占收费的120%。", ["UNCERTAIN"]),
    "a plan exceeded": ("over100", "完成投资12亿元，占年度计划的105.3%。", []),
    "another year exceeded": ("over100", "出口额占上年同期的112%。", []),
    "a debt": ("over100", "债务余额占GDP的比重为112%。", []),
    "all of them trained": ("over100", "行政执法人员持证上岗率达120%。", ["FAIL"]),
    "growth above all": ("over100", "产值增长120%。", []),
    "a part above its whole": ("over100", "公开信息466条，其中重点领域信息2268条。", ["FAIL"]),
    "a part above its whole, of an earlier number": (
        "over100",
        "受理12件，在审3件，其中胜诉10件。",
        ["UNCERTAIN"],
    ),
    "a year above the average": (
        "over100",
        "年均超收2040亿元，其中去年超收2573亿元。",
        ["UNCERTAIN"],
    ),
    "a loose list": ("over100", "包括税收政策等19项，服务贸易政策包括退税等32项。", []),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_checks(case: str) -> None:
    kind, text, expected = OTHERS[case]
    assert [f.status for f in of(text, kind)] == expected


def test_a_finding_names_its_place() -> None:
    text = "县情。收到信件254件，已办结249件，正在处理6件。"
    (found,) = check_text(text)
    assert found.status == "FAIL"
    assert found.equation == "254 ≠ 249 + 6 (255)"
    assert text[found.start : found.end] == "254件，已办结249件，正在处理6件"
    assert (found.n, found.sentence) == (2, "收到信件254件，已办结249件，正在处理6件。")


@pytest.mark.parametrize(
    "text", ["", "。", "其中3件", "共计5件", "占120", "()((", "由3件到", "0件，其中0件、0件"]
)
def test_odd_text_raises_nothing(text: str) -> None:
    check_text(text)


def test_few_alarms_on_real_reports(shared_reports: list[Path]) -> None:
    found = Counter(
        (f.kind, f.status) for path in shared_reports for f in check_text(path.read_text("utf-8"))
    )
    assert sum(n for (_, status), n in found.items() if status == "FAIL") <= 2
    assert found["total=parts", "PASS"] >= 8
    assert found["change", "PASS"] >= 8
