"""The processes that answer: what they answer, and what ends them."""

from __future__ import annotations

import contextlib
import io
import json

import anyio
import pytest

from clustergraph.config import SettingError, Settings
from clustergraph.errors import QueryError, ReleaseError
from clustergraph.store import OverLimitError, Request, ResultTooLargeError
from clustergraph.store.embedded import Embedded, Release, used_prefixes
from clustergraph.store.syntax import QuerySyntaxError
from clustergraph.store.work import Task
from clustergraph.store.workers import BusyError, Pool
from tests.small_release import write_release

COUNT = Request("SELECT (COUNT(*) AS ?n) { ?s a cg:Cluster }", "csv")
ENDLESS = Request(
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?j && ?c != ?i && ?d != ?l) }",
    "csv",
)
GREEDY = Request("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?i", "csv")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("root"), repeat=3000)


def ask(release, *requests, **settings):
    """Return answers or errors, asked all at once."""
    outcomes = [None] * len(requests)

    async def one(pool, number, request):
        try:
            outcomes[number] = await pool.answer(release, request)
        except (QueryError, OverLimitError) as error:
            outcomes[number] = error

    async def every():
        async with Pool(Settings(**settings)) as pool:
            await pool.warm(release)
            async with anyio.create_task_group() as group:
                for number, request in enumerate(requests):
                    group.start_soon(one, pool, number, request)

    anyio.run(every)
    return outcomes


def test_a_release_says_what_it_holds(release, tmp_path):
    read = Release.read(release)
    assert read == Release.current(release.parent.parent)
    assert read.digest == "d1"
    assert "https://w3id.org/clustergraph/graph/inferred" in read.graphs
    with pytest.raises(ReleaseError, match="no release"):
        Release.read(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ReleaseError, match="cannot be read"):
        Release.read(tmp_path)


def test_a_store_in_this_process_answers_like_a_worker(release):
    store = Embedded(release)
    assert store.answer(COUNT) == b"n\r\n2\r\n"
    with pytest.raises(QuerySyntaxError, match="line 1, column 12: 'FILTR' is not expected here"):
        store.answer(Request("SELECT * { FILTR(?x) }", "csv"))
    with pytest.raises(QueryError, match="cannot hold"):
        store.answer(Request("ASK {}", "turtle"))
    with pytest.raises(QueryError, match="cannot hold"):
        store.answer(Request("DESCRIBE pilot:esm", "csv"))
    with pytest.raises(ResultTooLargeError, match="100 bytes"):
        store.answer(Request("SELECT * { ?s ?p ?o }", "json", max_bytes=100))


def test_the_dataset_of_the_protocol_replaces_the_default_one(release):
    store = Embedded(release)
    section = "https://w3id.org/clustergraph/graph/wiintech-2020/s3"
    query = "SELECT (COUNT(*) AS ?n) { ?f a cg:Figure }"
    assert store.answer(Request(query, "csv")) == b"n\r\n2\r\n"
    assert store.answer(Request(query, "csv", (section, section), ())) == b"n\r\n1\r\n"
    assert store.answer(Request(query, "csv", (), (section,))) == b"n\r\n0\r\n"


def test_only_used_prefixes_are_written(release):
    turtle = Embedded(release).answer(Request("CONSTRUCT WHERE { ?s a cg:Pilot }", "turtle"))
    assert turtle.count(b"@prefix") == 2
    assert used_prefixes(b'@prefix sd: <x:y> .\n<a:b> <a:c> "1"^^xsd:int .\n').startswith(b"<a:b>")


def test_many_queries_are_answered_at_once(release):
    assert ask(release, *[COUNT] * 10) == [b"n\r\n2\r\n"] * 10


def test_a_syntax_error_keeps_its_place(release):
    error = ask(release, Request("ASK {\n FILTR(?x) }", "json"))[0]
    assert isinstance(error, QuerySyntaxError)
    assert (error.line, error.column) == (2, 2)


def test_a_query_is_stopped_at_its_deadline_and_others_are_answered_meanwhile(release):
    outcomes = ask(release, ENDLESS, ENDLESS, ENDLESS, COUNT, query_seconds=1.0, slow_workers=1, quick_seconds=0.05)
    assert outcomes[3] == b"n\r\n2\r\n"
    assert [error.limit for error in outcomes[:3]] == ["query_seconds"] * 3
    assert outcomes[0].value == 1.0


def test_a_slow_query_that_had_to_step_aside_is_answered_in_its_turn(release):
    slow = Request(
        "SELECT (COUNT(*) AS ?n) { ?a <http://many.example/p> ?b . ?c <http://many.example/p> ?b . ?d ?e ?c }", "csv"
    )
    others = [Request(slow.query + f" # {n}", "csv") for n in range(4)]
    outcomes = ask(release, *others, query_seconds=60.0, slow_workers=1, quick_seconds=0.001)
    assert len(set(outcomes)) == 1
    assert outcomes[0].startswith(b"n\r\n")


def test_ask_does_not_wait_for_other_queries(release):
    crowd = [Request(f"{ENDLESS.query} # {n}", "csv") for n in range(20)]
    done = []

    async def one(pool, request):
        with contextlib.suppress(OverLimitError):
            await pool.answer(release, request)
        done.append(request)

    async def every():
        async with Pool(Settings(query_seconds=1.0, quick_seconds=0.5)) as pool:
            await pool.warm(release)
            async with anyio.create_task_group() as group:
                for request in crowd:
                    group.start_soon(one, pool, request)
                await anyio.sleep(0.1)
                assert await pool.answer(release, Request("ASK {}", "csv"), "another") == b"true"
                assert done == []

    anyio.run(every)


def test_a_query_that_needs_too_much_memory_costs_only_itself(release):
    error, count = ask(release, GREEDY, COUNT, worker_memory_mb=40, query_seconds=60.0)
    assert (error.limit, error.value) == ("worker_memory_mb", 40)
    assert count == b"n\r\n2\r\n"


def test_a_query_that_ends_the_engine_costs_only_itself(release):
    deep = Request("SELECT (" + "!" * 60_000 + "true AS ?x) {}", "csv")
    error, count = ask(release, deep, COUNT, query_seconds=60.0)
    assert "too complex" in str(error)
    assert count == b"n\r\n2\r\n"


def test_an_answer_is_whole_or_not_there(release):
    request = Request("SELECT * { ?s ?p ?o }", "csv", max_bytes=20_000)
    error, count = ask(release, request, COUNT)
    assert isinstance(error, ResultTooLargeError)
    assert count == b"n\r\n2\r\n"


def test_too_many_queries_are_turned_away(release):
    outcomes = ask(release, *[ENDLESS] * 4, query_seconds=0.5, waiting=3)
    assert sum(isinstance(error, BusyError) and error.limit == "waiting" for error in outcomes) == 1


def test_a_worker_reaches_no_other_host(release):
    # The guard refuses SERVICE; this is what stands behind it, where connections would be opened.
    request = Request("SELECT * { SERVICE <http://127.0.0.1:8/> { ?s ?p ?o } }", "csv")
    with pytest.raises(Exception, match=r"Too many open files|could not be read") as caught:
        raise_first(release, request)
    assert "Too many open files" in str(caught.value)


def raise_first(release, request):
    async def one():
        async with Pool(Settings()) as pool:
            return await pool.answer(release, request)

    return anyio.run(one)


def test_a_worker_reads_lines_and_announces_the_length_of_its_answer(release, monkeypatch):
    from clustergraph.store import confinement, work

    monkeypatch.setattr(confinement, "resource", None)
    monkeypatch.setattr(work, "limit_memory", lambda _: None)
    tasks = b"".join(Task(str(release), request, 60, 1 << 30).line() for request in (COUNT, Request("ASK {", "json")))
    replies = io.BytesIO()
    work.work(io.BytesIO(tasks), replies)
    replies.seek(0)
    head = json.loads(replies.readline())
    assert head["outcome"] == "answer"
    assert replies.read(head["length"]) == b"n\r\n2\r\n"
    assert json.loads(replies.readline())["outcome"] == "query"


def test_settings_come_from_the_environment_and_say_what_is_wrong():
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"CLUSTERGRAPH_WORKERS": "5"}).workers == 5
    with pytest.raises(SettingError, match="CLUSTERGRAPH_WORKERS is 'many'; give it a whole number"):
        Settings.from_environment({"CLUSTERGRAPH_WORKERS": "many"})
    with pytest.raises(SettingError, match="above zero"):
        Settings(workers=0)
