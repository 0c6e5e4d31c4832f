"""Topics and roles: what may name them, and what a taxonomy file may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongwen.nlp import Taxonomy
from gongwen.nlp.errors import GongwenError, SeedError, UnknownNameError
from gongwen.nlp.topics.taxonomy import AlsoExample

TOPICS = [
    "leadership",
    "licensing-reform",
    "rulemaking",
    "decision-making",
    "legal-counsel",
    "enforcement",
    "reconsideration",
    "dispute-resolution",
    "oversight",
    "open-government",
    "legal-publicity",
    "public-legal-services",
    "public-safety",
    "other",
]
ROLES = ["achievement", "problem", "plan", "background"]


@pytest.fixture(scope="module")
def shipped() -> Taxonomy:
    return Taxonomy.shipped()


def test_shipped_topics_and_roles(shipped: Taxonomy) -> None:
    assert list(shipped.topics.slugs) == TOPICS
    assert list(shipped.roles.slugs) == ROLES


@pytest.mark.parametrize("slug", TOPICS)
def test_every_shipped_topic_is_described(shipped: Taxonomy, slug: str) -> None:
    label = next(label for label in shipped.topics if label.slug == slug)
    assert label.definition
    assert label.boundary
    assert label.headings
    assert len(label.keywords) >= 6


def test_every_name_of_a_label_means_it(shipped: Taxonomy) -> None:
    for labels in (shipped.topics, shipped.roles):
        for label in labels:
            assert [labels.resolve(name) for name in label.names] == [label.slug] * len(label.names)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("enforcement", "enforcement"),
        ("Enforcement", "enforcement"),
        ("ＥＮＦＯＲＣＥＭＥＮＴ", "enforcement"),
        ("行政执法", "enforcement"),
        ("行政執法", "enforcement"),
        (" 行政 执法 ", "enforcement"),
        ("执法", "enforcement"),
        ("放管服", "licensing-reform"),
        ("复议", "reconsideration"),
        ("信访", "dispute-resolution"),
        ("扫黑除恶", "public-safety"),
        ("其它", "other"),
        ("open", "open-government"),
        ("律师", "legal-counsel"),
        ("营商", "licensing-reform"),
    ],
)
def test_a_topic_goes_by_slug_name_alias_or_part(shipped: Taxonomy, name: str, slug: str) -> None:
    assert shipped.topics.resolve(name) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("plan", "plan"),
        ("plans", "plan"),
        ("短板", "problem"),
        ("下一", "plan"),
        ("举措", "achievement"),
    ],
)
def test_a_role_goes_by_slug_name_alias_or_part(shipped: Taxonomy, name: str, slug: str) -> None:
    assert shipped.roles.resolve(name) == slug


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("enforcment", "enforcement"),
        ("leadershp", "leadership"),
        ("行政执罚", "enforcement"),
        ("政务公開栏", "open-government"),
        ("行政", "enforcement"),
        ("行政", "decision-making"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(shipped: Taxonomy, name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        shipped.topics.resolve(name)
    assert (caught.value.what, caught.value.name) == ("topic", name)
    assert any(nearest in shown for shown in caught.value.nearest)
    assert len(caught.value.nearest) <= 4
    assert f"unknown topic '{name}'; did you mean " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "  ", "zzz", "🐼"])
def test_a_name_like_nothing_comes_with_all(shipped: Taxonomy, name: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        shipped.topics.resolve(name)
    assert caught.value.nearest == ()
    assert all(shipped.topics.zh(slug) in str(caught.value) for slug in TOPICS)


def test_names_on_screen(shipped: Taxonomy) -> None:
    assert shipped.topics.zh("enforcement") == "行政执法"
    assert shipped.roles.zh("plan") == "下一步安排"
    assert shipped.topics.zh("no-such-topic") == "no-such-topic"


# Files.

TOPIC = '[[topics]]\nslug = "courts"\nzh = "法院"\n'
ROLE = '[[roles]]\nslug = "plan"\nzh = "安排"\n'


def load(folder: Path, source: str | bytes) -> Taxonomy:
    path = folder / "mine.toml"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return Taxonomy.load(path)


GOOD: dict[str, str] = {
    "the least": TOPIC + ROLE,
    "roles first": ROLE + TOPIC,
    "a comment that looks like an entry": "# [[topics]]\n" + TOPIC + ROLE,
    "indented by a tab": "\t" + TOPIC + ROLE,
    "spaces in the brackets": TOPIC.replace("[[topics]]", "[[ topics ]]") + ROLE,
    "a quoted key": TOPIC.replace("topics", '"topics"') + ROLE,
    "an inline table": 'topics = [{slug = "courts", zh = "法院"}]\n' + ROLE,
    "a byte order mark": "\ufeff" + TOPIC + ROLE,
}


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_a_file_may_be_written_in_many_ways(tmp_path: Path, source: str) -> None:
    taxonomy = load(tmp_path, source)
    assert taxonomy.topics.slugs == ("courts",)
    assert taxonomy.roles.slugs == ("plan",)
    assert taxonomy.topics.resolve("法院") == "courts"


def test_without_roles_the_shipped_ones_count(tmp_path: Path, shipped: Taxonomy) -> None:
    path = tmp_path / "topics.toml"
    path.write_text(TOPIC, "utf-8")
    taxonomy = Taxonomy.load(path)
    assert taxonomy.roles.slugs == shipped.roles.slugs
    assert not taxonomy.shipped_labels
    assert taxonomy.source == TOPIC


def test_a_name_in_full_finds_its_label(shipped: Taxonomy) -> None:
    assert shipped.topics.find("行政執法") == "enforcement"
    assert shipped.topics.find("执") == ""


def test_all_that_an_entry_may_hold(tmp_path: Path) -> None:
    entry = (
        'definition = "审判"\naliases = ["审判"]\nboundary = ["复议→别处"]\n'
        'keywords = ["开庭", "判决"]\nheadings = ["公正司法"]\n'
    )
    (label,) = load(tmp_path, TOPIC + entry + ROLE).topics
    assert label.names == ("courts", "法院", "审判")
    assert (label.definition, label.boundary) == ("审判", ("复议→别处",))
    assert (label.keywords, label.headings) == (("开庭", "判决"), ("公正司法",))


ALSO = """
[also]
rule = "两件事才给"
examples = [
  { text = "开庭并调解。", topic = "法院", also = ["mediation"], why = "两件事" },
  { text = "在法院门口。", topic = "courts" },
]
"""
TWO = TOPIC + '\n[[topics]]\nslug = "mediation"\nzh = "调解"\n'


def test_the_rule_for_further_topics_and_its_examples(tmp_path: Path) -> None:
    taxonomy = load(tmp_path, TWO + ROLE + ALSO)
    assert taxonomy.also_rule == "两件事才给"
    assert taxonomy.also_examples == (
        AlsoExample("开庭并调解。", "courts", ("mediation",), "两件事"),
        AlsoExample("在法院门口。", "courts", ()),
    )


def test_an_example_whose_topic_was_removed_is_left_out(tmp_path: Path) -> None:
    """A copy of the shipped file may lack topics that its examples name."""
    taxonomy = load(tmp_path, TOPIC + ROLE + ALSO)
    assert [example.text for example in taxonomy.also_examples] == ["在法院门口。"]


def test_a_file_need_not_have_a_rule_for_further_topics(tmp_path: Path) -> None:
    taxonomy = load(tmp_path, TOPIC + ROLE)
    assert (taxonomy.also_rule, taxonomy.also_examples) == ("", ())


def test_the_shipped_rule_for_further_topics_has_examples_of_both_kinds(shipped: Taxonomy) -> None:
    examples = shipped.also_examples
    assert shipped.also_rule
    assert len(examples) == 20
    assert 8 <= sum(bool(example.also) for example in examples) <= 12
    assert all(example.why for example in examples)
    assert len({example.text for example in examples}) == 20


BAD: dict[str, tuple[str, int, str]] = {
    "also is text": ('also = "two acts"\n' + TOPIC + ROLE, 0, "also must be a table"),
    "a key of also": (TOPIC + ROLE + "\n[also]\nrules = 1\n", 8, "unknown key rules"),
    "the rule is a number": (TOPIC + ROLE + "\n[also]\nrule = 1\n", 8, "rule"),
    "the rule has a control character": (
        TOPIC + ROLE + '\n[also]\nrule = "\\u0007"\n',
        8,
        "rule",
    ),
    "examples are text": (TOPIC + ROLE + '\n[also]\nexamples = "a"\n', 8, "list"),
    "an example is text": (TOPIC + ROLE + '\n[also]\nexamples = ["a"]\n', 8, "table"),
    "a key of an example": (
        TOPIC + ROLE + '\n[also]\nexamples = [{ text = "甲", label = "courts" }]\n',
        8,
        "text, topic, also, why",
    ),
    "an example without a text": (
        TOPIC + ROLE + '\n[also]\nexamples = [{ topic = "courts" }]\n',
        8,
        "text and topic",
    ),
    "the text of an example is a number": (
        TOPIC + ROLE + '\n[also]\nexamples = [{ text = 3, topic = "courts" }]\n',
        8,
        "int",
    ),
    "also of an example is text": (
        TOPIC + ROLE + '\n[also]\nexamples = [{ text = "甲", topic = "courts", also = "b" }]\n',
        8,
        "list of topics",
    ),
    "the topic of an example is among its also": (
        TOPIC + ROLE + '\n[[also.examples]]\ntext = "甲"\ntopic = "courts"\nalso = ["法院"]\n',
        8,
        "cannot be among its also",
    ),
    "not TOML": (TOPIC + "zh 法院\n" + ROLE, 4, "key"),
    "a key twice": (TOPIC + 'zh = "法庭"\n' + ROLE, 4, "overwrite"),
    "no topics": (ROLE, 0, "[[topics]]"),
    "roles are empty": ("roles = []\n" + TOPIC, 0, "[[roles]]"),
    "topics is text": ('topics = "courts"\n' + ROLE, 0, "[[topics]]"),
    "topics is one table": (TOPIC.replace("[[topics]]", "[topics]") + ROLE, 0, "[[topics]]"),
    "topics are no tables": ('topics = ["courts"]\n' + ROLE, 0, ""),
    "no slug": ('[[topics]]\nzh = "法院"\n' + ROLE, 1, "slug"),
    "slug in capitals": (
        TOPIC + '\n[[topics]]\nslug = "Courts"\nzh = "甲"\n' + ROLE,
        5,
        "'Courts'",
    ),
    "slug with a space": (
        TOPIC + '\n[[topics]]\nslug = "my courts"\nzh = "甲"\n' + ROLE,
        5,
        "slug",
    ),
    "slug in Chinese": (TOPIC + '\n[[topics]]\nslug = "法院"\nzh = "甲"\n' + ROLE, 5, "slug"),
    "slug is a number": ('[[topics]]\nslug = 3\nzh = "甲"\n' + ROLE, 1, "slug"),
    "slug twice": (TOPIC + "\n\n" + TOPIC + ROLE, 6, "line 1"),
    "an unknown key": (TOPIC + 'keyword = ["法院"]\n' + ROLE, 1, "unknown key keyword"),
    "a name for no topic": ('[[topics]]\nslug = "unsure"\nzh = "甲"\n' + ROLE, 1, "unsure"),
    "a Chinese name for no topic": ('[[topics]]\nslug = "a"\nzh = "未定"\n' + ROLE, 1, "未定"),
    "shipped_labels is text": ('shipped_labels = "yes"\n' + TOPIC + ROLE, 0, "true or false"),
    "no zh": ('[[topics]]\nslug = "courts"\n' + ROLE, 1, "zh"),
    "zh is blank": ('[[topics]]\nslug = "courts"\nzh = " "\n' + ROLE, 1, "zh"),
    "zh is a number": ('[[topics]]\nslug = "courts"\nzh = 1\n' + ROLE, 1, "zh"),
    "zh twice": (TOPIC + '\n[[topics]]\nslug = "judges"\nzh = "法院"\n' + ROLE, 5, "法院"),
    "alias of another": (
        TOPIC + '\n[[topics]]\nslug = "judges"\nzh = "法官"\naliases = ["法院"]\n' + ROLE,
        5,
        "法院",
    ),
    "aliases is text": (TOPIC + 'aliases = "审判"\n' + ROLE, 1, "aliases"),
    "boundary is text": (TOPIC + 'boundary = "复议→别处"\n' + ROLE, 1, "boundary"),
    "keywords hold a number": (TOPIC + 'keywords = ["开庭", 1]\n' + ROLE, 1, "keywords"),
    "headings is a number": (TOPIC + "headings = 1\n" + ROLE, 1, "headings"),
    "a role": (TOPIC + ROLE + '\n[[roles]]\nslug = "Goal"\nzh = "目标"\n', 8, "'Goal'"),
}


@pytest.mark.parametrize(("source", "line", "word"), BAD.values(), ids=BAD)
def test_a_bad_entry_is_reported_with_its_place(
    tmp_path: Path, source: str, line: int, word: str
) -> None:
    with pytest.raises(SeedError) as caught:
        load(tmp_path, source)
    message = str(caught.value)
    assert message.startswith(f"mine.toml:{line}: " if line else "mine.toml: ")
    assert word in message
    assert "\n" not in message


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(GongwenError, match=r"mine\.toml"):
        load(tmp_path, (TOPIC + ROLE).encode("gbk"))


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(GongwenError, match=r"mine\.toml"):
        Taxonomy.load(tmp_path / "mine.toml")
