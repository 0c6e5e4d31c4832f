"""The engine of a cluster where no cluster is needed: addresses, secrets, and all that may fail.

Skipped where the extra ``opensearch`` is not installed.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_cluster import Answer, FakeNode, Request, error, make_certificate

from gongwen.index.engine import Entry
from gongwen.index.engines import factory, is_same_index, location
from gongwen.index.exact_tokens import UNTOLD
from gongwen.index.opensearch_address import Address, Secrets
from gongwen.nlp.errors import EngineUnavailable, GongwenError, IndexLostError, LibraryError

pytest.importorskip("opensearchpy", reason="pip install 'gongwen[opensearch]'")

from gongwen.index import opensearch_bulk
from gongwen.index.opensearch_bulk import BulkWriter
from gongwen.index.opensearch_client import Client
from gongwen.index.opensearch_documents import LONGEST_TOKEN, STATE, DocumentMaker, Kept
from gongwen.index.opensearch_queries import OpenSearchQueries
from gongwen.index.opensearch_state import Indices, State

NO_SECRETS = Secrets()
PASSWORD = "7c1fe9-secret"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "PASSWORD", "TOKEN", "CA"):
        monkeypatch.delenv(f"GONGWEN_OPENSEARCH_{name}", raising=False)


def client(*nodes: FakeNode | str, secrets: Secrets = NO_SECRETS, timeout: float = 0.5) -> Client:
    hosts = ",".join(node if isinstance(node, str) else node.host for node in nodes)
    scheme = "opensearch+https" if isinstance(nodes[0], FakeNode) and nodes[0].certificate else ""
    made = Client(Address.read(f"{scheme or 'opensearch'}://{hosts}/reports"), secrets, timeout)
    made._at = 0
    return made


def unused() -> str:
    """Return a host at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def found(*_: object) -> Answer:
    return 200, {"found": True, "hits": {"hits": []}}


# -- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hosts", "secure"),
    [
        ("opensearch://127.0.0.1:9201/reports", [("127.0.0.1", 9201)], False),
        ("opensearch://localhost/reports/", [("localhost", 9200)], False),
        ("opensearch://[::1]:9201,127.3.4.5/reports", [("::1", 9201), ("127.3.4.5", 9200)], False),
        ("opensearch://10.0.0.7/reports", [("10.0.0.7", 9200)], True),
        ("opensearch://localhost,n2.example:1/reports", [("localhost", 9200), ("n2.example", 1)],
         True),
        ("opensearch+https://localhost/reports", [("localhost", 9200)], True),
        ("opensearch+http://n1/reports", [("n1", 9200)], False),
    ],
)  # fmt: skip
def test_address_says_where_the_index_is(
    text: str, hosts: list[tuple[str, int]], secure: bool
) -> None:
    read = Address.read(text)
    assert (list(read.hosts), read.name, read.secure) == (hosts, "reports", secure)
    assert (read.shards, read.replicas, read.text) == (1, None, text)


def test_address_may_say_how_a_new_index_is_divided() -> None:
    read = Address.read("opensearch://n1,n2,n3/a-b_c?shards=3&replicas=2")
    assert (read.name, read.shards, read.replicas) == ("a-b_c", 3, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opensearch://n1:9200", "no name of small letters"),
        ("opensearch://n1:9200/Reports", "no name of small letters"),
        ("opensearch://n1:9200/_all", "no name of small letters"),
        ("opensearch://n1:9200/a/b", "no name of small letters"),
        ("opensearch:///reports", "no host"),
        ("opensearch://n1:port/reports", "'port' is no port"),
        ("opensearch://n1:70000/reports", "'70000' is no port"),
        ("opensearch://n1,/reports", "'' is no host"),
        ("opensearch://[fe80/reports", "give opensearch://HOST:9200/NAME"),
        ("opensearch://n 1/reports", "'n 1' is no host"),
        ("opensearch://n1/reports?shard=3", "'shard' is no option"),
        ("opensearch://n1/reports?shards=0", "shards must be a number from 1 to"),
        ("opensearch://n1/reports?replicas=x", "replicas must be a number from 0 to"),
        ("https://n1:9200/reports", "give opensearch://HOST:9200/NAME"),
        ("elasticsearch://n1:9200/reports", "give opensearch://HOST:9200/NAME"),
    ],
)
def test_what_is_no_address_is_one_line_that_says_what_to_give(text: str, said: str) -> None:
    with pytest.raises(LibraryError) as raised:
        factory(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        f"opensearch://me:{PASSWORD}@n1/reports",
        f"opensearch://me:{PASSWORD}/x@n1:9200/reports",
        f"opensearch://n1,me:{PASSWORD}@n2",
        f"https://{PASSWORD}@n1",
        f"opensearch://n1/reports?token={PASSWORD}",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(LibraryError) as raised:
        factory(text)
    assert PASSWORD not in str(raised.value)
    if "@" in text:
        assert "GONGWEN_OPENSEARCH_PASSWORD" in str(raised.value)


def test_addresses_of_other_nodes_may_be_those_of_the_same_index() -> None:
    assert is_same_index("opensearch://n1/reports", "opensearch+https://n2:1/reports?shards=2")
    assert not is_same_index("opensearch://n1/reports", "opensearch://n1/others")
    assert not is_same_index("opensearch://n1/reports", "whoosh")
    assert location(Path("x"), "opensearch+http://n1/reports").name == "engine-opensearch"


# -- secrets ---------------------------------------------------------------------------------------


def test_secrets_stand_in_the_environment() -> None:
    user = {"GONGWEN_OPENSEARCH_USER": "me", "GONGWEN_OPENSEARCH_PASSWORD": PASSWORD}
    read = Secrets.of(user)
    assert (read.user, read.password) == ("me", PASSWORD)
    assert PASSWORD not in repr(read)
    assert not Secrets.of({})
    for wrong in (
        {"GONGWEN_OPENSEARCH_USER": "me"},
        {"GONGWEN_OPENSEARCH_PASSWORD": PASSWORD},
        user | {"GONGWEN_OPENSEARCH_TOKEN": "t"},
    ):
        with pytest.raises(LibraryError, match="set") as raised:
            Secrets.of(wrong)
        assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize(
    ("secrets", "sent"),
    [
        (Secrets("我", PASSWORD), f"我:{PASSWORD}"),
        (Secrets(token=PASSWORD), f"Bearer {PASSWORD}"),
        (NO_SECRETS, ""),
    ],
    ids=["password", "token", "none"],
)
def test_secrets_are_sent_as_they_should(secrets: Secrets, sent: str) -> None:
    with FakeNode(found) as node:
        client(node, secrets=secrets).get("/x")
    [request] = node.asked
    if secrets.user:
        kind, _, encoded = request.authorization.partition(" ")
        assert (kind, base64.b64decode(encoded).decode()) == ("Basic", sent)
    else:
        assert request.authorization == sent


def test_secrets_are_not_sent_to_another_machine_by_http() -> None:
    address = Address.read("opensearch+http://10.0.0.7/reports")
    with pytest.raises(LibraryError, match=r"by HTTP; give opensearch\+https") as raised:
        Client(address, Secrets(token=PASSWORD), 1)
    assert PASSWORD not in str(raised.value)
    Client(address, NO_SECRETS, 1).close()


def test_no_secret_is_shown_whatever_a_node_answers() -> None:
    secrets = Secrets("me", PASSWORD)
    for status in (400, 401, 403, 404, 413, 429, 500, 503):
        with (
            FakeNode(lambda _, s=status: error(s, "some_exception", "why")) as node,
            pytest.raises(GongwenError) as raised,
        ):
            client(node, secrets=secrets, timeout=0.1).search("x", {})
        assert PASSWORD not in str(raised.value)
        assert "\n" not in str(raised.value)


# -- certificates ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def test_a_certificate_that_nobody_known_signs_is_refused(certificate: Path) -> None:
    with FakeNode(found, certificate) as node:
        with pytest.raises(EngineUnavailable, match=r"certificate.*GONGWEN_OPENSEARCH_CA"):
            client(node).get("/x")
        assert not node.asked
        secrets = Secrets("me", PASSWORD, authorities=str(certificate / "cert.pem"))
        assert client(node, secrets=secrets).get("/x")["found"]
    [request] = node.asked
    assert request.authorization.startswith("Basic ")


def test_a_certificate_of_another_host_is_refused(certificate: Path) -> None:
    secrets = Secrets(authorities=str(certificate / "cert.pem"))
    with FakeNode(found, certificate) as node:
        port = node.host.partition(":")[2]
        made = Client(Address.read(f"opensearch+https://127.0.0.1:{port}/x"), secrets, 0.5)
        with pytest.raises(EngineUnavailable, match="certificate is not accepted"):
            made.get("/x")
        assert not node.asked


def test_a_file_of_certificates_that_is_missing_or_none_is_one_line(
    certificate: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("no certificate", "utf-8")
    with FakeNode(found, certificate) as node:
        for name, said in (("missing.pem", "no file"), ("none.pem", "GONGWEN_OPENSEARCH_CA")):
            secrets = Secrets(authorities=str(tmp_path / name))
            with pytest.raises(LibraryError, match=said):
                client(node, secrets=secrets).get("/x")


# -- what may fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(401, "security_exception"), "asks for a user; set GONGWEN_OPENSEARCH_USER"),
        (error(403, "security_exception", "no permissions"), r"administrator.*reports-\*"),
        (error(429, "cluster_block_exception", "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk "
               "usage exceeded flood-stage watermark, index has read-only-allow-delete block];"),
         "a disk there is full; free some space"),
        (error(403, "cluster_block_exception", "blocked by: [FORBIDDEN/12/index read-only / allow "
               "delete (api)];"), "a disk there is full; free some space"),
        (error(429, "rejected_execution_exception"), "too busy"),
        (error(503, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no cluster "
               "manager];"), "nodes are missing"),
        (error(500, "null_pointer_exception"), "refused"),
        ((200, b"<html>"), "something else"),
        ((502, b"<html>bad gateway</html>"), "too busy"),
        ((301, b""), "refused"),
        (None, "no answer"),
    ],
    ids="401 403 flood read-only 429 503 500 html 502 301 closed".split(),
)  # fmt: skip
def test_what_a_node_answers_is_one_line_that_says_what_to_do(
    answer: Answer | None, said: str
) -> None:
    with (
        FakeNode(lambda _: answer) as node,
        pytest.raises(EngineUnavailable, match=said) as raised,
    ):
        client(node, timeout=0.2).search("x", {"query": {"match_all": {}}})
    assert node.host in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_node_that_is_not_there_is_one_line() -> None:
    host = unused()
    with pytest.raises(EngineUnavailable, match=f"{host}.*no answer; see that it runs"):
        client(host).get("/x")


def test_a_node_that_hangs_is_given_up() -> None:
    go_on = threading.Event()

    def hang(_: Request) -> Answer:
        go_on.wait()
        return found()

    with FakeNode(hang) as node:
        try:
            with pytest.raises(EngineUnavailable, match=r"no answer within 0\.3 seconds"):
                client(node, timeout=0.3).get("/x")
            with FakeNode(found) as other:
                assert client(node, other, timeout=0.6).get("/x")["found"]
        finally:
            go_on.set()


def test_an_index_that_is_gone_is_lost_and_nothing_else_is() -> None:
    with FakeNode(lambda _: error(404, "index_not_found_exception", "no such index [x]")) as node:
        with pytest.raises(IndexLostError, match="run gongwen reindex"):
            client(node).search("x", {})
        assert client(node).get("/x") == {}
    with (
        FakeNode(lambda _: (404, b"not here")) as node,
        pytest.raises(EngineUnavailable),
    ):
        client(node).search("x", {})


def test_what_is_busy_is_asked_again() -> None:
    answers = iter([error(429, "rejected_execution_exception"), error(503, "x"), found()])
    with FakeNode(lambda _: next(answers)) as node:
        assert client(node, timeout=5).get("/x")["found"]
    assert len(node.asked) == 3


def test_another_node_answers_for_one_that_does_not_and_goes_on_to() -> None:
    with FakeNode(lambda _: None) as dying, FakeNode(found) as other:
        made = client(unused(), dying, other)
        assert made.get("/x")["found"]
        assert made.get("/y")["found"]
    assert [one.path for one in dying.asked] == ["/x"]
    assert [one.path for one in other.asked] == ["/x", "/y"]


def test_a_node_that_knows_only_what_was_before_is_passed_over() -> None:
    def knowing(begun: int) -> Callable[[Request], Answer]:
        return lambda _: (200, {"_source": {STATE: {"begun": begun}}, "begun": begun})

    with FakeNode(knowing(1)) as lonely, FakeNode(knowing(2)) as other:
        made = client(unused(), lonely, other)
        made.expect("/x/_doc/state", lambda found: found["_source"][STATE]["begun"] >= 2)
        assert made.get("/x")["begun"] == 2
        alone = client(unused(), lonely)
        alone.expect("/x/_doc/state", lambda found: found["_source"][STATE]["begun"] >= 2)
        with pytest.raises(EngineUnavailable, match="no answer"):
            alone.get("/x")


@pytest.mark.parametrize("part", [{"timed_out": True}, {"_shards": {"total": 3, "failed": 1}}])
def test_an_answer_that_is_not_complete_is_none(part: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"timed_out": False, "hits": {"hits": []}}

    def answer(request: Request) -> Answer:
        assert b"allow_partial_search_results" in request.path.encode() + request.body
        one = whole | part
        return 200, {"responses": [whole, one]} if "msearch" in request.path else one

    with FakeNode(answer) as node:
        with pytest.raises(EngineUnavailable, match="a part of the index did not answer"):
            client(node).search("x", {})
        with pytest.raises(EngineUnavailable, match="a part of the index did not answer"):
            client(node).searches("x", [{}, {}])


# -- writing ---------------------------------------------------------------------------------------


def items(statuses: list[int]) -> Answer:
    made = [
        {"index": {"status": one, "error": {"type": "some_exception"}} if one > 299 else
         {"status": one}} for one in statuses
    ]  # fmt: skip
    return 200, {"errors": max(statuses) > 299, "items": [{"index": one["index"]} for one in made]}


def test_documents_that_a_busy_cluster_refuses_are_sent_again() -> None:
    answers = iter([items([201, 429, 503]), items([429, 201]), items([201])])
    with FakeNode(lambda _: next(answers)) as node, BulkWriter(client(node), "x") as bulk:
        for n in range(3):
            bulk.put(f"{n}-1", "r", b'{"until":%d}' % n)
    sent = [request.body.decode().splitlines()[1::2] for request in node.asked]
    assert sent == [
        ['{"until":0}', '{"until":1}', '{"until":2}'],
        ['{"until":1}', '{"until":2}'],
        ['{"until":1}'],
    ]


@pytest.mark.parametrize("status", [400, 403, 413, 500])
def test_a_document_that_is_refused_is_an_error(status: int) -> None:
    with (
        FakeNode(lambda _: items([status])) as node,
        pytest.raises(EngineUnavailable),
        BulkWriter(client(node), "x") as bulk,
    ):
        bulk.put("1-1", "r", b"{}")


def test_requests_are_no_larger_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opensearch_bulk, "_MOST_BYTES", 1000)
    with (
        FakeNode(lambda _: (200, {"errors": False})) as node,
        BulkWriter(client(node), "x") as bulk,
    ):
        for n in range(100):
            bulk.put(f"{n}-1", "r", b'{"until":%d}' % n)
        bulk.put("big-1", "r", b'{"text":"%s"}' % (b"x" * 3000))
    sizes = [len(request.body) for request in node.asked]
    assert sorted(sizes)[-1] > 3000 and sorted(sizes)[-2] <= 1001
    assert sum(request.body.count(b"until") for request in node.asked) == 100


def test_an_answer_that_was_lost_is_looked_for() -> None:
    """The document was replaced already, so that its version is another one."""
    stored = {"until": 7}

    def answer(request: Request) -> Answer:
        return items([409]) if request.path.startswith("/x/_bulk") else (200, {"_source": stored})

    with FakeNode(answer) as node:
        with BulkWriter(client(node), "x") as bulk:
            bulk.put("1-1", "r", b'{"until":7}', opensearch_bulk.Version(3, 1))
        with (
            pytest.raises(EngineUnavailable, match="another process writes"),
            BulkWriter(client(node), "x") as bulk,
        ):
            bulk.put("1-1", "r", b'{"until":8}', opensearch_bulk.Version(3, 1))


# -- states ----------------------------------------------------------------------------------------


def test_a_state_can_be_read() -> None:
    begun = State("me").next().finished(3, 90, False, State("me").totals.copy()).next().next()
    assert State.read(json.loads(json.dumps(begun.to_dict()))) == begun
    assert (begun.revision, begun.begun, [*begun.abandoned]) == (1, 3, [2])
    with pytest.raises(ValueError):
        State.read({"owner": "me"})


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ({}, IndexLostError, "not written by gongwen"),
        ({STATE: State("you").to_dict()}, EngineUnavailable, "another library's; give another"),
        ({STATE: State("me", format=99).to_dict()}, IndexLostError, "format 99"),
    ],
    ids=["foreign", "owner", "format"],
)
def test_an_index_of_another_is_not_touched(
    source: dict[str, Any], kind: type[Exception], said: str
) -> None:
    answer = (
        200,
        {"_index": "i", "found": True, "_source": source, "_seq_no": 1, "_primary_term": 1},
    )
    with FakeNode(lambda _: answer) as node, pytest.raises(kind, match=said):
        Indices(client(node), "me").read("reports-me")
    assert {request.method for request in node.asked} == {"GET"}


# -- documents and queries -------------------------------------------------------------------------


def test_documents_can_be_made_again() -> None:
    maker = DocumentMaker()
    entry = Entry(7, "办理1,236件十七\ud842件", ("办理", "没有"), ("a", "b"), "plan", "sentence",
                  "r", "", "", 0.1)  # fmt: skip
    kept, tokens = maker.of(entry, 3)
    document = json.loads(maker.document(kept, tokens))
    again = Kept.read(document)
    assert (again.id, again.born, again.words, again.tags) == (7, 3, "办理", "sentence\nplan\na\nb")
    assert json.loads(maker.document(again, maker.again(again)))["units"] == document["units"]
    assert document["units"].split(" ")[:4] == ["办", "理", "1,236", "件"]
    assert "\ud842" not in document["text"]


def test_tokens_that_are_too_long_are_cut_and_said() -> None:
    maker = DocumentMaker()
    for text in ("7" * 9000, "a" * 9000, "、" * 9000):
        kept, tokens = maker.of(Entry(1, text, (text,), (), "", "sentence", "r", "", ""), 1)
        document = json.loads(maker.document(kept, tokens))
        assert UNTOLD in tokens.facts
        parts = [*document["facts"], *document["units"].split(" "), *document["words"].split(" ")]
        assert max(map(len, parts)) <= LONGEST_TOKEN


def test_a_condition_may_have_any_number_of_values() -> None:
    build = OpenSearchQueries(False)
    assert build.ids([0, -1, 1 << 70]) == {"match_none": {}}
    many = build.ids(range(1, 200_001))
    parts = many["bool"]["should"]
    assert sum(len(part["terms"]["id"]) for part in parts) == 200_000
    assert max(len(part["terms"]["id"]) for part in parts) < 65_536


def test_conditions_of_nothing_and_everything() -> None:
    build = OpenSearchQueries(False)
    nothing, one = build.nothing(), build.ids([1])
    assert build.any_of([]) == build.any_of([nothing]) == build.all_of([one, nothing]) == nothing
    assert build.any_of([one, nothing]) == build.all_of([one], [nothing]) == one
    assert build.all_of([]) == build.everything()
