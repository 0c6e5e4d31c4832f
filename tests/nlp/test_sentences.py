"""Where sentences are cut. In the tables ``|`` marks the cuts; nothing else is cut."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from growth import LINEAR, growth
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gongwen.nlp import split_sentences
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.ordinary import ordinary
from gongwen.nlp.text.sentences import sentence_spans


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_shared_cases(splitting_cases: Path) -> None:
    cases = json.loads(splitting_cases.read_text("utf-8"))
    failures = [
        f"{case['why']}: {[without_space(s.text) for s in split_sentences(case['text'])]}"
        for case in cases
        if [without_space(s.text) for s in split_sentences(case["text"])]
        != [without_space(s) for s in case["sentences"]]
    ]
    assert len(cases) - len(failures) >= 135, "\n".join(failures)


CUTS: dict[str, str] = {
    # final marks
    "full stop": "全县设立公共法律服务站12个。|村居法律顾问实现全覆盖。",
    "question": "群众办事难在哪里？|关键在于窗口不通。",
    "exclamation": "法治兴则县兴！|各级干部务必牢记。",
    "half-width question and exclamation": "材料够不够?|够就当场办结!|不够就一次告知。",
    "half-width Chinese full stop": "预案已修订｡|演练已完成｡",
    "a run of marks": "怎能一罚了之？！|必须以教促改。",
    "a mark typed twice": "方案已印发。。|任务已分解。",
    "no mark at the end": "预案已修订。|演练已完成",
    "a mark alone": "。",
    "spaces between": "压实责任。| 严格考核。|　　限时整改。",
    "Traditional": "會議要求壓實責任。|各局遵照辦理。",
    "emoji": "群众点赞👍。|窗口再提速。",
    # marks that are none
    "commas": "修订预案,开展演练,储备物资，消除隐患。",
    "enumeration commas": "公安、城管、税务三部门联合检查。",
    "short items joined by commas": "一要抓早,二要抓小,三要抓实。",
    "ellipsis in the middle": "集市、医院、学校……处处有普法点。|群众欢迎。",
    "dots as an ellipsis": "集市、医院、学校...处处有普法点。|群众欢迎。",
    "ellipsis before a full stop": "送法下乡、送法入企……。|形式多样。",
    "dash": "调解优先——这是首要原则。|要长期坚持。",
    # semicolons and colons
    "semicolon": "受理信访事项36件；|办结35件。",
    "half-width semicolon": "受理信访事项36件;|办结35件。",
    "colon": "县长强调:依法行政是底线。",
    "colon before 一是": "主要表现为:|一是力量薄弱;|二是经费紧张。",
    "colon before 一要": "下一步：|一要健全制度；|二要强化督查。",
    "colon before 首先": "做到三点:|首先,统一思想;|其次,明确分工。",
    "colon before 第一": "做到三点:|第一,统一思想。|第二,明确分工。",
    "colon before (一)": "任务如下:|(一)修订制度。|(二)清理文件。",
    "colon before ①": "清理结果：|①保留8件；|②废止3件。",
    "colon before a list and a space": "主要做法: |一是健全台账。|二是定期通报。",
    "(1) stays with its lead-in": "清理结果:(1)保留8件;|(2)废止3件。",
    "1. stays with its lead-in": "清理结果:1.保留8件;|2.废止3件。",
    "clock": "窗口每天8:30开门。|午间不打烊。",
    "ratio": "调解员与人口之比为1：500。|居全市前列。",
    # brackets
    "full stop in brackets": "办结投诉(含热线。不含网信。)共8件。|无一超期。",
    "semicolon in brackets": "合同（含补充协议；附件）均已审查。",
    "nested brackets": "调解队伍（含专职（12人。）和兼职）已组建。|培训3次。",
    "a whole sentence in brackets": "任务全部完成。|（不含挂起事项。）|明年继续推进。",
    "brackets of two widths": "调解队伍（专职。兼职)已组建。|培训3次。",
    "brackets of a document number": "印发武政发〔2021〕8号文件。|各镇办遵照执行。",
    "square brackets": "见[表。2]所列数据。|数据已核。",
    "unclosed bracket": "部分单位(含镇办台账不全。|个别人员不会填报。",
    "unopened bracket": "部分单位）台账不全。|个别人员不会填报。",
    "brackets that do not match": "执行《条例)不力。|责令整改。",
    # quotes
    "a slogan that modifies": "开展“少罚款！多服务！”专项行动。|群众欢迎。",
    "a quotation that goes on with 的": "坚持“无授权不可为。”的原则。|权责更加清晰。",
    "a quotation that goes on with a comma": "他答“能办。”，随后递上清单。",
    "speech behind a colon": "局长要求：“先教育。后处罚。”|队员当场照办。",
    "speech behind a comma": "局长一再叮嘱,“先教育。后处罚。”|队员当场照办。",
    "two speeches": "群众说：“快了。”|“省了。”|窗口获评优秀。",
    "quotes in quotes": "文件写明：“落实‘首违不罚。’”|各队照办。",
    "corner brackets": "局長要求：「先教育。後處罰。」|隊員照辦。",
    "straight quotes": '推行"先教育。后处罚。"执法模式。|企业满意。',
    "speech in straight quotes": '局长要求:"先教育。后处罚。"|队员照办。',
    "straight quotes behind a full stop": '任务全部完成。|"首违不罚"全面推行。',
    "several short quotes": "推行“一窗受理”“一网通办”“一次办好”。|群众满意。",
    "a stop behind the quote": "创建“法治镇街”。|命名6个。",
    "semicolon in a quotation": "围绕“简化;优化”两条主线推进。",
    "unclosed quote": "印发“八五普法规划。|各镇办分解任务。",
    "unopened quote": "落实首违不罚”清单。|覆盖12个领域。",
    "quotes the wrong way round": "开展”法治体检”活动。|走访企业60家。",
    # title marks
    "a title with a mark": "宣讲《民法典与我！》一书。|反响热烈。",
    "a title with a question": "播出《你问我答？》栏目8期。|点击破万。",
    "a title in a title": "学习《关于〈条例〉的解读。》全文。|撰写心得。",
    # dots
    "decimal": "满意度提高3.5个百分点。|位居第二。",
    "full-width decimal": "满意度为９８．５％。|位居第二。",
    "a decimal at the end": "满意度为98.5。|位居第二。",
    "dotted date": "2021.3.15前报送。|逾期通报。",
    "a date between dots": "“3•15”“12·4”期间集中宣传。|成效明显。",
    "version": "平台升级到2.0.1版。|运行稳定。",
    "a standard": "通过GB/T19580-2012认证。|为全省首批。",
    "initials": "引进U.S.标准。|通过评审。",
    "a dot for a full stop": "执法证全部换发.|台账逐一建立.",
    "a full-width dot for a full stop": "执法证全部换发．|台账逐一建立．",
    "a dot behind percent": "办结率达100%.|群众点赞.",
    "a dot before a year": "整改全部到位.|2021年再督查.",
    "numbered sentences": "1.统一标准。|2.统一文书。|3.统一流程。",
    "numbered with Chinese numerals": "一.统一标准。|二.统一文书。|三.统一流程。",
    # addresses
    "web address": "登录https://www.wugong.gov.cn/a?id=1;p=2.html,查阅全文。|欢迎监督。",
    "address without a scheme": "网址为zwfw.wugong.gov.cn。|全天开放。",
    "e-mail": "邮箱sfj.bgs@wugong.gov.cn。|电话029-37290000。",
    # items and notes
    "items": "一是健全制度。|印发清单3份。|二是强化培训。|培训6次。",
    "items in brackets": "（一）健全制度。|印发清单。|（二）强化培训。",
    "footnote": "办结案件36件。[12]|其中调解12件。",
    "footnote, raised": "办结案件36件。²|其中调解12件。",
}


@pytest.mark.parametrize("marked", CUTS.values(), ids=CUTS)
def test_cuts_in_a_paragraph(marked: str) -> None:
    text = marked.replace("|", "")
    expected = [piece.strip() for piece in marked.split("|")]
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


# But for the address, which a full-width mark ends.
@pytest.mark.parametrize("marked", [m for m in CUTS.values() if "http" not in m])
def test_punctuation_of_both_widths_cuts_alike(marked: str) -> None:
    wide = re.sub(r"(?<!\d):(?!\d)", "：", marked).translate(
        str.maketrans(",;?!()", "，；？！（）")
    )
    text = wide.replace("|", "")
    expected = [piece.strip() for piece in wide.split("|")]
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


LINES: dict[str, str] = {
    "a heading and its text": "一、加强领导\n|　　召开会议3次。|印发要点。",
    "a heading in brackets": "（一）健全机制\n|成立专班,定期研究。",
    "wrapped inside a sentence": (
        "　　今年以来,全县共收集各类涉法涉诉线索四百余条,依法办\n理行政复议案件6件。|成效明显。"
    ),
    "signature and date": "特此报告。|\n安平县司法局\n|2021年1月8日",
    "salutation": "各位代表：\n|现在，我向大会报告工作，请予审议。",
    "rows of a table": "序号\t单位\n|1\t公安局\n|2\t税务局",
    "a footer": "规范执法行为。|\n\n来源：县司法局",
    "line ends of three systems": "甲组办结。|\r\n乙组办结。|\r丙组办结。|\n",
    "nothing": "",
    "white space": " \n\n　\t\r\n",
}


@pytest.mark.parametrize("marked", LINES.values(), ids=LINES)
def test_cuts_over_lines(marked: str) -> None:
    expected = [piece.strip() for piece in marked.split("|") if piece.strip()]
    assert [sentence.text for sentence in split_sentences(marked.replace("|", ""))] == expected


PIECES = [
    *"全县 办理案件7件 群众满意 執法 打印 来源： 12 3.5 ２０２０年 U.S. V2.0".split(),
    *"www.a.cn a.b@c.cn 。 ！ ？ ； ， 、 ： ｡ … . ! ? ; , : ． —— - % · • ² [1]".split(),
    *"( ) （ ） [ ] 〔 〕 【 】 《 》 〈 〉 { } “ ” ‘ ’ 「 」 『 』 \" '".split(),
    *"一是 首先, ① 一、 （一） 1. (1) 第一章 二、存在的问题 下一步,我们将".split(),
    *["https://www.wugong.gov.cn/a?b=1.", "第二条 ", "\n", "\n\n", "\n　　", " ", "　"],
    *["\u00a0", "\t", "\ufeff", "\u200b", "\v", "\x1c", "\x85"],
]
REPORTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join)
PARAGRAPHS = REPORTS.map(lambda text: re.sub(r"[\n\r]", "", text))


@settings(deadline=None)
@given(PARAGRAPHS)
def test_spans_of_a_paragraph_cover_it_in_order(text: str) -> None:
    last = 0
    for start, end in sentence_spans(text):
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()


@settings(deadline=None)
@given(REPORTS)
def test_sentences_cover_the_text_in_order(text: str) -> None:
    last = 0
    for number, sentence in enumerate(split_sentences(text), 1):
        assert sentence.n == number
        assert last <= sentence.start < sentence.end
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip()
        assert not squeeze(text[last : sentence.start])
        last = sentence.end
    assert not squeeze(text[last:])


@settings(deadline=None)
@given(REPORTS, REPORTS)
def test_a_blank_line_cuts_but_before_a_closing_bracket(above: str, below: str) -> None:
    assume(ordinary(below).text.lstrip()[:1] not in [*"）)》”】」〕"])
    apart = [s.text for text in (above, below) for s in split_sentences(text)]
    assert [s.text for s in split_sentences(f"{above}\n\n{below}")] == apart


@settings(deadline=None)
@given(REPORTS.map(lambda text: text.replace("\r", "")))
def test_line_ends_of_every_system_cut_alike(text: str) -> None:
    unix = [without_space(s.text) for s in split_sentences(text)]
    windows = [without_space(s.text) for s in split_sentences(text.replace("\n", "\r\n"))]
    assert windows == unix


HOSTILE: dict[str, str] = {
    "opening brackets": "（" * 200_000,
    "opening brackets of all kinds": "([{（［〔【｛《〈" * 20_000,
    "closing brackets": "）" * 200_000,
    "nested brackets": "（" * 100_000 + "）" * 100_000,
    "brackets with a stop": "（。）" * 66_000,
    "opening quotes": "“" * 200_000,
    "quotes in pairs": "“。”" * 66_000,
    "straight quotes": '"' * 200_000,
    "nested quotes": "“" * 100_000 + "。”" * 50_000,
    "full stops": "。" * 200_000,
    "dots": "." * 200_000,
    "dots behind characters": "全." * 100_000,
    "digits": "1" * 200_000,
    "hyphens": "a-" * 100_000,
    "addresses": "www.a.cn" * 25_000,
    "colons before white space": ("：" + " " * 400) * 500,
    "white space": "全" + " " * 200_000 + "县",
    "white space in front of dots": " " * 100_000 + "全." * 50_000,
    "footnotes": "。" + "[1]" * 66_000,
    "lines": "全县\n" * 60_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_takes_linear_time(line: str) -> None:
    middle = len(line) // 2

    def part(size: int) -> str:
        return line[middle - size // 2 : middle + size // 2]

    assert growth(split_sentences, part, 1600) <= LINEAR
