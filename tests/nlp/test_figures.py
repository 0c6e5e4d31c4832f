"""Numbers in sentences: a table of cases for every rule."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from growth import LINEAR, growth
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import Figure, extract_figures
from gongwen.nlp.text.normalize import squeeze


def read(text: str, year: int | None = None) -> list[Figure]:
    return [f for f in extract_figures(text, year) if f.kind != "date"]


VALUES: dict[str, tuple[str, list[tuple[object, str, str]]]] = {
    "digits": ("受理案件46件。", [(46, "件", "quantity")]),
    "full width": ("受理案件４６件。", [(46, "件", "quantity")]),
    "thousands": ("受理案件1,236件。", [(1236, "件", "quantity")]),
    "thousands, full-width comma": ("受理案件1，236件。", [(1236, "件", "quantity")]),
    "thousands, spaces": ("受理案件1 236 件。", [(1236, "件", "quantity")]),
    "no-break space": ("受理案件46\u00a0件。", [(46, "件", "quantity")]),
    "Chinese numerals": ("发放资料四千三百份。", [(4300, "份", "quantity")]),
    "two as 两": ("查处案件两起。", [(2, "起", "quantity")]),
    "万": ("接待群众3.2万人次。", [(32000, "人次", "quantity")]),
    "亿 and 万": ("产粮14亿7000万斤。", [(1470000000, "斤", "quantity")]),
    "万亿, money": ("总值2.15万亿元。", [(2150000000000, "元", "money")]),
    "money in words": ("投资三亿五千万元。", [(350000000, "元", "money")]),
    "another currency": ("利用外资1200万美元。", [(12000000, "美元", "money")]),
    "money by unit": ("成本35元/吨。", [(35, "元/吨", "money")]),
    "千 of 千瓦": ("装机300万千瓦。", [(3000000, "千瓦", "quantity")]),
    "千 as a scale": ("发放8千份。", [(8000, "份", "quantity")]),
    "energy": ("发电5.2亿千瓦时。", [(520000000, "千瓦时", "quantity")]),
    "percent": ("办结率95.4%。", [(95.4, "%", "percent")]),
    "percent in words": ("办结率百分之九十五。", [(95, "%", "percent")]),
    "permille": ("自然增长率5.2‰。", [(5.2, "‰", "percent")]),
    "a fraction": ("三分之二的乡镇建成服务站。", [(0.6667, "", "ratio")]),
    "tenths": ("四成村庄受益。", [(0.4, "", "ratio")]),
    "tenths and a half": ("六成五的村庄受益。", [(0.65, "", "ratio")]),
    "more than half": ("过半数的社区达标。", [(0.5, "", "ratio")]),
    "a slash": ("产量稳定在全国1/4。", [(0.25, "", "ratio")]),
    "times": ("收入是农村的2.6倍。", [(2.6, "倍", "ratio")]),
    "a proportion": ("收入差距之比为2.5∶1。", [(2.5, "", "ratio")]),
    "a range": ("每年培训3-5期。", [([3, 5], "期", "range")]),
    "a range, 至": ("每年培训3至5期。", [([3, 5], "期", "range")]),
    "a range of percentages": ("增长5%—6%。", [([5, 6], "%", "range")]),
    "a range that shares 万": ("补助3-5万元。", [([30000, 50000], "元", "range")]),
    "seven or eight": ("走访七八个村。", [([7, 8], "个", "range")]),
    "a rank": ("居全国第3位。", [(3, "位", "rank")]),
    "a rank without 位": ("总量全市第一。", [(1, "", "rank")]),
    "a rank at the end of a list": (
        "分别居全国第5、第6位。",
        [(5, "位", "rank"), (6, "位", "rank")],
    ),
    "a decimal that is no day": ("压缩至0.5个工作日。", [(0.5, "个工作日", "quantity")]),
    "letters": ("收到来信1208封。", [(1208, "封", "quantity")]),
    "calls": ("接听来电8640通。", [(8640, "通", "quantity")]),
    "growth": ("产值增长12.5%。", [(12.5, "%", "change")]),
    "growth to times": ("产值增长1.5倍。", [(1.5, "倍", "change")]),
    "points": ("占比提高2.3个百分点。", [(2.3, "个百分点", "change")]),
    "doubled": ("总量翻一番。", [(1, "番", "change")]),
    "a list that shares a unit": (
        "分别惠及3500万、2300万人次。",
        [(35000000, "人次", "quantity"), (23000000, "人次", "quantity")],
    ),
    "a counted enumeration": (
        "推进市场监管、文化市场、交通运输四个领域改革。",
        [(4, "个", "quantity")],
    ),
    "one digit behind a verb": ("设立三个工作组。", [(3, "个", "quantity")]),
    "people without a measure word": ("惠及1.6亿学生。", [(160000000, "人", "quantity")]),
    "a term": ("判处有期徒刑3年。", [(3, "年", "quantity")]),
    "a negative level": ("人口自然增长率为-0.8‰。", [(-0.8, "‰", "percent")]),
    "negative growth": ("产值同比增长-3.2%。", [(3.2, "%", "change")]),
    "a range is no sign": ("水温12-15度。", [([12, 15], "度", "range")]),
    "per thousand people": ("药品抽检3.2批次/千人。", [(3.2, "批次/千人", "quantity")]),
    "the cells of a table": (
        "本年新收|204；上年结转|7；予以公开|131。",
        [(204, "", "quantity"), (7, "", "quantity"), (131, "", "quantity")],
    ),
    "row numbers of a table": (
        "1.逾期不补正|4|2.逾期未缴费|0",
        [(4, "", "quantity"), (0, "", "quantity")],
    ),
    "the parts of a whole to each other": (
        "三次产业结构调整为18.4:36.9:44.7。",
        [([18.4, 36.9, 44.7], "", "ratio")],
    ),
    "a ratio without a unit, two levels": (
        "城乡居民收入比由上年的2.05缩小至2.01。",
        [(2.05, "", "ratio"), (2.01, "", "ratio")],
    ),
    "units in Latin letters": (
        "算力12.5EFLOPS，重5kg，带宽300Gbps，建设5G基站、4K频道。",
        [(12.5, "eflops", "quantity"), (5, "kg", "quantity"), (300, "gbps", "quantity")],
    ),
    "per 100,000": (
        "死亡率10.5/10万，发病率8/十万。",
        [(10.5, "/10万", "quantity"), (8, "/十万", "quantity")],
    ),
    "yield by area": ("单产6527公斤/公顷。", [(6527, "公斤/公顷", "quantity")]),
    "units of the 1980s": (
        "棉花六十四万担，动力2万马力，纱锭5万锭，发电3亿千瓦小时。",
        [
            (640000, "担", "quantity"),
            (20000, "马力", "quantity"),
            (50000, "锭", "quantity"),
            (300000000, "千瓦小时", "quantity"),
        ],
    ),
    "a unit around 多": ("历时3个多月。", [(3, "个月", "quantity")]),
    "a round sum that is no telephone": (
        "投资13000000000元、4001234567元。",
        [(13000000000, "元", "money"), (4001234567, "元", "money")],
    ),
    "a span of tenths": ("三到五成的企业受益。", [([0.3, 0.5], "", "range")]),
    "a meeting of a session is no count": (
        "六届人大一次会议以来新建工程五百处。",
        [(500, "处", "quantity")],
    ),
    "points that share their unit": (
        "投资、消费增速高于全省1.5个、2个百分点。",
        [(1.5, "个百分点", "change"), (2, "个百分点", "change")],
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_units_and_kinds(case: str) -> None:
    text, expected = VALUES[case]
    assert [(f.value, f.unit, f.kind) for f in read(text)] == expected


NONE: dict[str, str] = {
    "a slogan in quotes": "落实“三项制度”，做到“三集中三到位”。",
    "a slogan": "做到三集中三到位，增强四个意识，坚持四项基本原则，省市县乡村五级联动。",
    "a day that is a name": "开展“12·4”国家宪法日和3·15宣传活动。",
    "the same, other dots": "在12•4宪法日、“3•15”期间集中宣传。",
    "a document number": "落实国发〔2019〕5号文件和武政发[2020]15号通知。",
    "a law": "贯彻《行政处罚法》第三十二条第2款。",
    "ordinals": "一是抓落实。第三，抓督查。第三批试点在第二季度完成。",
    "a telephone": "联系电话:023-85238885，手机13812345678。",
    "a hotline": "办好12345热线，接听12348公共法律服务热线和110报警服务台。",
    "round the clock": "实行24小时值守和7×24小时自助服务。",
    "a clock time": "上午9:30至11时开会。",
    "a meeting": "学习党的十九届四中全会精神和十三届全国人大三次会议精神。",
    "an anniversary": "庆祝建党一百周年，迎接中华人民共和国成立70周年。",
    "a plan": "落实三年行动计划，近五年来成绩显著，“十四五”规划收官。",
    "letters and digits": "治理PM2.5，建设5G网络，创建5A级景区，推出2.0版，构建“1+N”体系。",
    "a circle": "打造15分钟健身圈和1小时通勤圈。",
    "an age": "为65岁以上老年人免费体检。",
    "a level": "建设30万吨级航道和千亿级产业。",
    "an indefinite number": "走访数次，收到几条建议、若干意见，成千上万的群众、数以万计的企业。",
    "multipliers in idioms": "千家万户，万无一失，百年大计，百姓，万众一心，千万不可大意。",
    "a number that may mean two": "拨付3亿5千件，投入1.2亿3千万元。",
    "one thing": "推进高效办成一件事，最多跑一次，只进一扇门。",
    "a year as a span": "连续五年保持第一梯队。",
    "years in a title": "落实《某县实施方案（2021—2025年）》。",
    "an address": "办公地点为法治路168号2栋305室。",
    "a stage of works": "新城电厂三期建成投产。",
    "two digits": "投资保持两位数增长。",
    "a plenary session": "落实省委十一届十次全会精神。",
    "successes": "成效明显，分成小组，完成任务。",
}


@pytest.mark.parametrize("case", NONE)
def test_what_only_looks_like_a_number(case: str) -> None:
    assert [f.raw for f in read(NONE[case])] == []


QUALIFIERS: dict[str, tuple[str, str, str]] = {
    "近": ("举办讲座近百场。", "近百场", "近"),
    "余": ("受理案件一百二十余件。", "一百二十余件", "余"),
    "多": ("种植三千多万亩。", "三千多万亩", "多"),
    "几": ("走访十几次。", "十几次", "几"),
    "约": ("培训约300人。", "约300人", "约"),
    "超": ("产值超5亿元。", "超5亿元", "超"),
    "逾": ("培训逾千人。", "逾千人", "逾"),
    "以上": ("培训300人以上。", "300人以上", "以上"),
    "以内": ("失业率控制在3.5%以内。", "3.5%以内", "以内"),
    "左右": ("增长5%左右。", "5%左右", "左右"),
    "不少于": ("培训不少于40学时。", "不少于40学时", "不少于"),
    "both sides": ("投资近3亿元左右。", "近3亿元左右", "近左右"),
    "not 最近": ("最近12件案件。", "12件", ""),
    "not 节约": ("节约300万元。", "300万元", ""),
}


@pytest.mark.parametrize("case", QUALIFIERS)
def test_qualifiers_belong_to_the_number(case: str) -> None:
    text, raw, qualifier = QUALIFIERS[case]
    (figure,) = read(text)
    assert (figure.raw, figure.qualifier) == (raw, qualifier)
    assert figure.approximate is bool(qualifier)


DATES: dict[str, tuple[str, list[object]]] = {
    "a year": ("2020年清理文件。", [2020]),
    "a year behind a comma": ("统筹推进,2020年清理文件。", [2020]),
    "Chinese digits": ("二〇二〇年清理文件。", [2020]),
    "a month": ("2022年6月印发。", ["2022-06"]),
    "a day": ("2022年6月1日印发。", ["2022-06-01"]),
    "digits and dashes": ("2022-06-01印发。", ["2022-06-01"]),
    "a span": ("2018—2020年规划。", [[2018, 2020]]),
    "a span with 年 twice": ("2018年至2020年规划。", [[2018, 2020]]),
    "months": ("2021年1-6月收到。", [["2021-01", "2021-06"]]),
    "months, 月 twice": ("2023年1月至6月收到。", [["2023-01", "2023-06"]]),
    "months of two years": ("2022年10月至2023年3月供暖。", [["2022-10", "2023-03"]]),
    "days": ("数据截取自2023年1月1日至12月31日。", [["2023-01-01", "2023-12-31"]]),
    "days of one month": ("2023年6月1日—15日开展。", [["2023-06-01", "2023-06-15"]]),
    "a whole year": (
        "2023年全年收到，2022年全年度收到。",
        [["2023-01", "2023-12"], ["2022-01", "2022-12"]],
    ),
    "年度": ("2023年度收到。", [2023]),
    "a span of years in short": ("2021—2025年规划。", [[2021, 2025]]),
    "a day without its month is none of a span": ("5月至10日。", ["05", "10"]),
    "a list": ("2018、2019和2020年。", [2018, 2019, 2020]),
}


@pytest.mark.parametrize("case", DATES)
def test_dates(case: str) -> None:
    text, expected = DATES[case]
    assert [f.value for f in extract_figures(text) if f.kind == "date"] == expected


def test_a_month_takes_the_year_of_the_report() -> None:
    assert [f.value for f in extract_figures("6月底完成。", year=2021)] == ["2021-06"]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("2023年清理。", "年"),
        ("二〇二三年清理。", "年"),
        ("2021—2025年规划。", "年"),
        ("2023年度收到。", "年"),
        ("2023年6月印发。", ""),
        ("2023年1月至6月收到。", ""),
        ("2023年1月1日印发。", ""),
    ],
)
def test_the_unit_of_a_date(text: str, unit: str) -> None:
    assert [f.unit for f in extract_figures(text) if f.kind == "date"] == [unit]


INDICATORS: dict[str, tuple[str, list[str]]] = {
    "in front": ("2020年共办理行政复议案件46件。", ["行政复议案件"]),
    "behind": ("聘请3名律师长期担任政府法律顾问。", ["聘请律师"]),
    "behind, with an enumeration": ("公安、税务等10个重点执法部门率先落实。", ["重点执法部门"]),
    "behind the second number": ("梳理12大类808项政务服务事项。", ["政务服务事项"] * 2),
    "a subject in front of the verb": ("县政府常务会开展集体学法4次。", ["集体学法"]),
    "a topic with 共": ("2020年法律顾问共审核文件41件。", ["审核文件"]),
    "a rate": ("网上可办率达到90.72%。", ["网上可办率"]),
    "a rate with a prefix": ("行政机关负责人出庭应诉率为100%。", ["行政机关负责人出庭应诉率"]),
    "a scope": ("全县公开政府信息2268条。", ["公开政府信息"]),
    "每": ("每万人拥有律师3.5人。", ["每万人拥有律师"]),
    "a short name": ("办理行政复议案4件。", ["行政复议案件"]),
    "growth of what was said": (
        "地区生产总值达到100亿元，同比增长5%。",
        ["地区生产总值", "地区生产总值"],
    ),
    "a share": ("民营经济占65%。", ["民营经济占比"]),
    "a share of": ("制造业投资占全部投资的65%。", ["制造业投资占全部投资比重"]),
    "two levels": ("办结率由93.1%提高到95.4%。", ["办结率", "办结率"]),
    "respectively": (
        "城镇、农村居民收入分别增长4.8%、5.9%。",
        ["城镇居民收入", "农村居民收入"],
    ),
    "respectively, offices": ("公安、司法分别办理案件12件、8件。", ["公安案件", "司法案件"]),
    "a shared verb": ("新建公路5公里、铁路3公里。", ["新建公路", "新建铁路"]),
    "part": (
        "办理复议案件4件，其中驳回3件，维持1件。",
        ["复议案件", "复议案件·驳回", "复议案件·维持"],
    ),
    "people": ("组织46万群众搬离旧区。", ["群众"]),
    "to whom it is done": ("对轻微违法案件不予处罚218件。", ["轻微违法案件不予处罚"]),
    "what is done to them": ("对执法单位每季度抽查案卷2次。", ["抽查案卷"]),
    "an office in front": ("市场监管部门检查经营主体300户次。", ["检查经营主体"]),
    "a time between": ("12345热线全年受理诉求5.8万件。", ["受理诉求"]),
    "a title in front": ("《某县实施方案》明确任务28项。", ["任务"]),
    "a range of levels": ("研发投入强度保持在2.1%—2.5%之间。", ["研发投入强度"]),
    "per": ("复垦补贴标准为每亩80元。", ["复垦补贴标准"]),
    "a rate keeps its adverb": ("推行联合抽查，联合抽查占比31.5%。", ["联合抽查占比"]),
    "a bare share": ("税收收入14亿元，占比65.4%。", ["税收收入", "税收收入占比"]),
    "of a goal": (
        "到位资金68亿元，完成年度目标的114%。",
        ["到位资金", "到位资金完成年度目标"],
    ),
    "what a share does": ("三分之二的乡镇建成司法所。", ["建成司法所的乡镇占比"]),
    "an object said before": (
        "开展培训14期，覆盖2300人次。",
        ["培训", "培训·覆盖"],
    ),
    "the same, of another unit": (
        "查处案件78件，罚款634万元，移送公安机关3件。",
        ["查处案件", "罚款", "查处案件·移送公安机关"],
    ),
    "stages": ("重点项目开工62个、竣工35个。", ["重点项目开工", "重点项目·竣工"]),
    "other things done": ("废止文件17件，宣布失效9件。", ["废止文件", "文件·宣布失效"]),
    "changes of what was said": (
        "粮食面积48万亩，粮食产量21万吨，分别增长0.8%和1.6%。",
        ["粮食面积", "粮食产量", "粮食面积", "粮食产量"],
    ),
    "respectively, ranks": (
        "农业、工业增加值增速分别列全市第3、第6位。",
        ["农业增加值增速", "工业增加值增速"],
    ),
    "respectively, places": (
        "东部、西部片区分别建成服务站8、6个。",
        ["东部服务站", "西部片区服务站"],
    ),
    "respectively, with 同比": (
        "事故起数、死亡人数同比分别下降25%和33.3%。",
        ["事故起数", "死亡人数"],
    ),
    "respectively, with a verb": (
        "“甲标准”、“乙品牌”分别惠及300、200人次。",
        ["“甲标准”惠及", "“乙品牌”惠及"],
    ),
    "respectively, then a count": (
        "登记车辆30辆，登记船舶5艘，分别下降2%、3%，7名船员参加培训。",
        ["登记车辆", "登记船舶", "登记车辆", "登记船舶", "船员"],
    ),
    "respectively, at a place": ("在东区、西区分别设立驿站2、3个。", ["东区驿站", "西区驿站"]),
    "a quarter in front": ("第二季度起开设夜市3处。", ["开设夜市"]),
    "a quarter behind": ("工业产值一季度增长3%。", ["工业产值"]),
    "a system in front": ("监管平台归集数据300条。", ["归集数据"]),
    "leaders in front": ("市领导包案化解积案9件。", ["包案化解积案"]),
    "a mean of what was said": ("客流量360万人次，日均1.2万人次。", ["客流量", "客流量·日均"]),
    "a noun that begins like an adverb": ("承办建议提案37件。", ["建议提案"]),
    "the rate of what is counted": (
        "9个监测断面达标率为98%。",
        ["监测断面", "监测断面达标率"],
    ),
    "comparable prices": ("生产总值30亿元，按可比价格计算增长5%。", ["生产总值"] * 2),
    "a state behind": ("信访积案12件，3件正在处理。", ["信访积案", "信访积案·正在处理"]),
    "carried over": (
        "收到申请40件，上年结转2件，结转下年度5件。",
        ["申请", "申请·上年结转", "申请·结转下年度"],
    ),
    "made, undone, and another thing": (
        "清理规章50件，本年制发4件，废止6件，作出决定20件。",
        ["清理规章", "清理规章·制发", "清理规章·废止", "作出决定"],
    ),
    "in front of 由": ("居民收入比由2.5∶1缩小至2.3∶1。", ["居民收入比"] * 2),
    "money for what": ("设立400亿元产业基金。", ["设立产业基金"]),
    "behind a verb, a noun that begins like one": ("出台12项支持政策。", ["出台支持政策"]),
    "behind, a word that holds an ending": (
        "引进8名高层次人才，新增3所高等院校、6个社会组织。",
        ["引进高层次人才", "新增高等院校", "社会组织"],
    ),
    "behind, up to what was done": ("为56户独居老人安装了烟感器。", ["独居老人"]),
    "behind, up to a verb and the next number": (
        "为18个县供应原煤3万吨。",
        ["县", "供应原煤"],
    ),
    "behind, with 和": ("完成30座大中型和重点小型水库加固。", ["大中型和重点小型水库加固"]),
    "behind, two nouns": ("覆盖25个国家和地区。", ["覆盖国家和地区"]),
    "behind, an age": ("为3万名65岁以上老年人体检。", ["65岁以上老年人"]),
    "behind, an attribute of the next": (
        "新建6个国家级、20个省级重点专科。",
        ["新建国家级重点专科", "省级重点专科"],
    ),
    "in front, 把": ("坚决把物价涨幅控制在3%以内。", ["物价涨幅"]),
    "in front, what it is compared with": ("总产值比1978年翻两番。", ["总产值"]),
    "in front, a modal": ("必须守住耕地18亿亩。", ["守住耕地"]),
    "in front, a title of works": ("行政村新建公路12公里。", ["新建公路"]),
    "a rank, in front of 稳居": (
        "工业产值30亿元，总量稳居全省第二。",
        ["工业产值", "工业总量"],
    ),
    "a rank of the last number": (
        "合同额12亿元，研发投入强度2.6%，列全省第三。",
        ["合同额", "研发投入强度", "研发投入强度"],
    ),
    "a noun that says nothing alone": (
        "水稻播种面积8万亩，总产量5万吨，单产620公斤。",
        ["水稻播种面积", "水稻总产量", "水稻单产"],
    ),
    "the same, of what is new": ("新建绿道12公里，总里程达86公里。", ["新建绿道", "绿道总里程"]),
    "the same, of what stands behind": (
        "全长12公里的东河大桥通车。",
        ["东河大桥全长"],
    ),
    "growth of growth": ("外贸进出口增长8%，增速居全省第3位。", ["外贸进出口", "外贸进出口增速"]),
    "all there are": ("新建充电桩86个，累计建成320个。", ["新建充电桩", "充电桩·建成"]),
    "the other side": (
        "城市低保标准提高到702元，农村提高到538元。",
        ["城市低保标准", "农村低保标准"],
    ),
    "a list of one form": (
        "养老、失业、工伤保险参保人数分别为9万、3万、5万人。",
        ["养老保险参保人数", "失业保险参保人数", "工伤保险参保人数"],
    ),
    "a list of one form, two": (
        "炼铁、炼钢先进产能占比分别达到64%、62%。",
        ["炼铁先进产能占比", "炼钢先进产能占比"],
    ),
    "a list of other forms": (
        "教育、医疗、社会保障支出分别增长4%、6%和9%。",
        ["教育支出", "医疗支出", "社会保障支出"],
    ),
    "a list that shares per": (
        "每百户拥有彩电96台、冰箱88台。",
        ["每百户拥有彩电", "每百户拥有冰箱"],
    ),
    "a list that shares a verb, other units": (
        "出动消防车26辆、消防员130人。",
        ["出动消防车", "出动消防员"],
    ),
    "a list that does not": (
        "新建校舍2万平方米，维修危房8000平方米。",
        ["新建校舍", "维修危房"],
    ),
    "a threshold": (
        "35岁以下党员312名，投资500万元以上的项目45个。",
        ["党员", "35岁以下党员", "投资", "投资500万元以上的项目"],
    ),
    "money spent": ("投资480万元实施了河道整治项目。", ["河道整治项目投资"]),
    "of a kind": ("申请人为自然人的92件。", ["申请人为自然人"]),
    "in each": ("每村至少配备1名法律顾问。", ["每村配备法律顾问"]),
    "so often": ("三次提高出口退税率。", ["提高出口退税率"]),
    "points of a share": (
        "研发支出52亿元，占生产总值的比重为2.3%，提高0.1个百分点。",
        ["研发支出", *["研发支出占生产总值比重"] * 2],
    ),
    "of a plan": ("财政收入8亿元，为年度预算的103%。", ["财政收入", "财政收入占年度预算比重"]),
    "beyond a plan": ("工业产值2亿元，超额完成计划8%。", ["工业产值", "工业产值超额完成计划"]),
    "a structure": (
        "三次产业结构由18.9:36.1:45.0调整为18.4:36.9:44.7。",
        ["三次产业结构"] * 2,
    ),
    "a structure, in the clause in front": (
        "产值增长5%，产业结构进一步优化，调整为8.3:41.4:50.3。",
        ["产值", "产业结构"],
    ),
    "outcomes beside each other": (
        "部分公开11件、不予公开9件。",
        ["部分公开", "不予公开"],
    ),
    "what was done, not by how much": (
        "清理收费31项，其中取消12项、下调19项。",
        ["清理收费", "清理收费·取消", "清理收费·下调"],
    ),
    "of the whole in front": ("在全县46件复议案件中，维持30件。", ["复议案件", "复议案件·维持"]),
}


@pytest.mark.parametrize("case", INDICATORS)
def test_indicators(case: str) -> None:
    text, expected = INDICATORS[case]
    assert [f.indicator for f in read(text)] == expected


CHANGES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "up": ("产值同比增长12.5%。", [("change", "up")]),
    "down": ("案件比上年减少3件，下降15.2%。", [("change", "down"), ("change", "down")]),
    "above another": ("增速高于全国1.8个百分点。", [("change", "up")]),
    "below another": ("负担比全国低0.5个百分点。", [("change", "down")]),
    "levels": ("办结率由93.1%提高到95.4%。", [("from", ""), ("to", "")]),
    "levels of years": ("里程从2015年的12公里增加到2020年的18公里。", [("from", ""), ("to", "")]),
    "levels of ranks": ("总量从全国第13位升至第9位。", [("from", ""), ("to", "")]),
    "levels of counts": (
        "企业由3家增加到5家，增加2家。",
        [("from", ""), ("to", ""), ("change", "up")],
    ),
    "a list of changes": ("甲、乙产量分别下降4%、5%。", [("change", "down"), ("change", "down")]),
    "what is new is no change": ("新增公路5公里。", [("", "")]),
    "levels with 为": ("时间由5天压减为1.5天。", [("from", ""), ("to", "")]),
    "places in a ranking": ("竞争力列全省第18位，前移5位。", [("", ""), ("change", "up")]),
    "a noun alone": (
        "药价由50元降至40元，降幅20%。",
        [("from", ""), ("to", ""), ("change", "down")],
    ),
    "a rate of change with its noun is a level": ("消费价格涨幅2%。", [("", "")]),
    "down, the noun behind": ("压减办公经费30万元。", [("change", "down")]),
    "the same, of parts": ("压减材料9份，其中表格5份。", [("total", ""), ("part", "")]),
    "negative growth": ("产值同比增长-3.2%。", [("change", "down")]),
    "a noun between": ("增加学位5000个。", [("", "")]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_roles_and_directions(case: str) -> None:
    text, expected = CHANGES[case]
    assert [(f.role, f.direction) for f in read(text)] == expected


PARTS: dict[str, tuple[str, list[str]]] = {
    "其中": ("受理申请12件，其中受理10件、驳回2件。", ["", "申请", "申请"]),
    "brackets": ("律师412名（专职380名，公职32名），律所26家。", ["", "律师", "律师", ""]),
    "states": (
        "书记信箱收信254件，已办结249件，正在处理5件。",
        ["", "书记信箱收信", "书记信箱收信"],
    ),
    "the sentence before": ("赤字9亿元。其中，中央7亿元，地方2亿元。", ["", "赤字", "赤字"]),
    "another unit": ("信息12条，其中涉及企业8家。", ["", ""]),
    "no parts": ("破获案件185起，抓获嫌疑人349人，刑事拘留301人。", ["", "", ""]),
    "of a part": (
        "新收申请20件，受理18件，审结16件（含结转2件），其中维持10件、驳回6件。",
        ["", *["新收申请"] * 2, "新收申请·审结", *["新收申请·审结"] * 2],
    ),
    "the part in front of a semicolon": (
        "申请312件,办结298件;其中调解121件。",
        ["", "申请", "申请·办结"],
    ),
    "a mean": ("总值2万亿元，其中人均可支配收入2万元。", ["", ""]),
    "other things done": ("制定规章2部，修改3部，废止1部。", ["", "", ""]),
    "no more, where the whole is named again": (
        "新登记经营主体2万户，其中企业5860户；年末实有经营主体13万户。",
        ["", "新登记经营主体", ""],
    ),
    "still, where all parts are named alike": (
        "房屋施工面积9万平方米，其中新开工面积2万平方米，竣工面积3万平方米。",
        ["", *["房屋施工面积"] * 2],
    ),
    "still, in a list": (
        "公开信息300条，其中文件40条、财政信息96条。",
        ["", *["公开信息"] * 2],
    ),
    "no more, where another thing is done": (
        "被申请复议7件，其中维持5件；被提起诉讼3件。",
        ["", "被申请复议", ""],
    ),
    "no threshold": ("收入9万元，其中5万元以上的村3个。", ["", "", ""]),
}


@pytest.mark.parametrize("case", PARTS)
def test_parts(case: str) -> None:
    text, expected = PARTS[case]
    figures = read(text)
    assert [f.part_of.removeprefix("受理") for f in figures] == expected
    wholes = {f.part_of for f in figures}
    assert all(
        f.role == ("total" if f.indicator in wholes else "part") for f in figures if f.part_of
    )


_LEVEL = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")

TABLES: dict[str, tuple[str, list[tuple[object, str, str]]]] = {
    "bars": (
        "本年新收|126；予以公开|71；其他处理|0。",
        [(126, "", "本年新收"), (71, "", "予以公开"), (0, "", "其他处理")],
    ),
    "bars of full width": (
        "予以公开｜７１｜不予公开｜１４",
        [(71, "", "予以公开"), (14, "", "不予公开")],
    ),
    "tabs": ("予以公开\t1,071\n不予公开\t14", [(1071, "", "予以公开"), (14, "", "不予公开")]),
    "lines": ("本年新收\n126\n予以公开\n71", [(126, "", "本年新收"), (71, "", "予以公开")]),
    "lines without a count": ("政府工作报告\n12\n前言\n3", []),
    "columns": (
        "类别|自然人|总计\n予以公开|87|99",
        [(87, "", "予以公开·自然人"), (99, "", "予以公开")],
    ),
    "columns, traditional characters": (
        "類別|自然人|總計\n予以公開|87|99",
        [(87, "", "予以公開·自然人"), (99, "", "予以公開")],
    ),
    "columns without a sum": (
        "信息内容|处理决定数量\n行政许可|9640",
        [(9640, "", "行政许可·处理决定数量")],
    ),
    "columns of Markdown": (
        "| 项目 | 总计 |\n|---|---|\n| 本年新收 | 126 |",
        [(126, "", "本年新收")],
    ),
    "the columns that all reports have": (
        "一、本年新收数量 9 1 0 0 0 0 10",
        [
            *[
                (n, "", f"本年新收数量·{name}")
                for n, name in zip((9, 1, 0, 0, 0, 0), _LEVEL, strict=True)
            ],
            (10, "", "本年新收数量"),
        ],
    ),
    "labels below one": (
        "（六）其他处理|1.逾期不补正|4|2.逾期未缴费|0",
        [(4, "", "其他处理·逾期不补正"), (0, "", "其他处理·逾期未缴费")],
    ),
    "a unit in the label": (
        "罚没收入（万元）|412|案件（件）|7",
        [(4120000, "元", "罚没收入"), (7, "件", "案件")],
    ),
    "cells with units": ("受理|12件；办结|10件", [(12, "件", "受理"), (10, "件", "办结")]),
    "a sentence with wide spaces": (
        "产值12万元，  利润3万元。",
        [(120000, "元", "产值"), (30000, "元", "利润")],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_rows_of_tables(case: str) -> None:
    text, expected = TABLES[case]
    assert [(f.value, f.unit, f.indicator) for f in read(text)] == expected


def test_the_years_of_columns() -> None:
    figures = read("指标|2022年|2023年\n粮食产量（万吨）|321|335.5", year=2024)
    assert [(f.year, f.indicator) for f in figures] == [(2022, "粮食产量"), (2023, "粮食产量")]


YEARS: dict[str, tuple[str, list[object]]] = {
    "said": ("2019年受理案件12件。", [2019]),
    "the report's": ("受理案件12件。", [2021]),
    "last year": ("去年受理案件12件，今年受理15件。", [2020, 2021]),
    "compared": ("受理案件12件，比2019年增长20%。", [2021, 2021]),
    "a list of years": ("2018年、2019年分别受理案件3件、5件。", [2018, 2019]),
    "two levels": ("里程由2015年的12公里增加到2020年的18公里。", [2015, 2020]),
}


@pytest.mark.parametrize("case", YEARS)
def test_the_year_spoken_of(case: str) -> None:
    text, expected = YEARS[case]
    assert [f.year for f in read(text, year=2021)] == expected


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("上半年受理案件12件。", "上半年"),
        ("五年来建成公路12公里。", "五年来"),
        ("建成公路12公里。", ""),
    ],
)
def test_the_period_spoken_of(text: str, period: str) -> None:
    assert [f.period for f in read(text)] == [period]


def test_patterns_are_written_in_the_folded_form() -> None:
    for name in ("words", "quantities", "comparisons", "periods"):
        module = import_module(f"gongwen.nlp.figures.{name}")
        for pattern in vars(module).values():
            if isinstance(pattern, re.Pattern):
                written = pattern.pattern.replace("[覆复]", "")
                assert [c for c in written if "一" <= c <= "龥" and squeeze(c) != c] == [], name


PIECES = list("一二三四五六七八九十百千万亿两半成分之第余多近约超%‰.,，、；。()（）“”《》")
PIECES += list("年月日件个人元至到由比其中占增长共计 \u00a0１２3450:∶/-—|｜\t\n")


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_gives_figures_that_stand_in_it(text: str) -> None:
    end = 0
    for figure in extract_figures(text):
        assert text[figure.start : figure.end] == figure.raw
        assert figure.raw
        assert figure.start >= end
        end = figure.end


@pytest.mark.parametrize(
    "piece", ["1", "、2", "，其中3件", "翻番", "2020、", "从3件增加到5件", "甲|1|", " "]
)
def test_many_numbers_in_a_sentence_take_no_long_time(piece: str) -> None:
    # All sizes are beyond the length to which a line may be a title or of a page.
    assert growth(extract_figures, lambda size: piece * (size // len(piece)), 2400) <= LINEAR


def test_real_reports(shared_reports: list[Path]) -> None:
    named = counted = 0
    for path in shared_reports[::4]:
        text = path.read_text("utf-8")
        for figure in read(text):
            assert text[figure.start : figure.end] == figure.raw
            counted += 1
            named += bool(figure.indicator)
    assert counted > 1000
    assert named > 0.97 * counted
