"""The processes that answer: what they answer, and what ends them."""

from __future__ import annotations

import contextlib
import os
import signal
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from clustergraph.engine.store import Embedded, Request, used_prefixes
from clustergraph.engine.worker import SMALL, Limit, Limits, StoredBytes
from clustergraph.errors import (
    BusyError,
    FaultError,
    LostError,
    OverLimitError,
    QueryError,
    ReleaseError,
    ResultTooLargeError,
    SourceError,
)
from clustergraph.graph import Graph
from clustergraph.settings import SettingError, Settings
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.sparql.tree import Dataset
from tests.engine import jobs
from tests.engine.jobs import pool_of
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
            outcomes[number] = await pool.run(release, Graph.answer, request)
        except (QueryError, OverLimitError) as error:
            outcomes[number] = error

    async def every():
        async with pool_of(**settings) as pool:
            await pool.warm(release)
            async with anyio.create_task_group() as group:
                for number, request in enumerate(requests):
                    group.start_soon(one, pool, number, request)

    anyio.run(every)
    return outcomes


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
    assert store.answer(Request(query, "csv", Dataset((section, section), ()))) == b"n\r\n1\r\n"
    assert store.answer(Request(query, "csv", Dataset((), (section,)))) == b"n\r\n0\r\n"


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


@pytest.mark.slow
def test_a_query_is_stopped_at_its_deadline_and_others_are_answered_meanwhile(release):
    outcomes = ask(release, ENDLESS, ENDLESS, ENDLESS, COUNT, query_seconds=6.0, slow_workers=1, quick_seconds=0.05)
    assert outcomes[3] == b"n\r\n2\r\n"
    assert [error.limit for error in outcomes[:3]] == ["query_seconds"] * 3
    assert outcomes[0].value == 6.0


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
            await pool.run(release, Graph.answer, request)
        done.append(request)

    async def every():
        async with pool_of(query_seconds=600.0, quick_seconds=0.5) as pool:
            await pool.warm(release)
            async with anyio.create_task_group() as group:
                for request in crowd:
                    group.start_soon(one, pool, request)
                await anyio.sleep(0.1)
                assert (
                    await pool.run(release, Graph.answer, Request("ASK {}", "csv"), client="another", light=True)
                    == b"true"
                )
                assert done == []
                group.cancel_scope.cancel()

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


def test_a_worker_reaches_no_other_host(run_in_shared):
    # The guard refuses SERVICE; this is what stands behind it, where connections would be opened.
    request = Request("SELECT * { SERVICE <http://127.0.0.1:8/> { ?s ?p ?o } }", "csv")
    with pytest.raises(ReleaseError, match=r"Too many open files|Permission denied"):
        run_in_shared(Graph.answer, request)


def test_settings_come_from_the_environment_and_say_what_is_wrong():
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"CLUSTERGRAPH_WORKERS": "5"}).workers == 5
    with pytest.raises(SettingError, match="CLUSTERGRAPH_WORKERS is 'many'; give it a whole number"):
        Settings.from_environment({"CLUSTERGRAPH_WORKERS": "many"})
    with pytest.raises(SettingError, match="above zero"):
        Settings(workers=0)


@pytest.fixture(scope="module")
def run_in_shared(release):
    """Gives what a job gives in a pool that several tests use, or raises what it raises."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(pool_of()) as pool:
        yield lambda job, *arguments: portal.call(partial(pool.run, release, job, *arguments, number="request-7"))


def run(release, job, *arguments, **settings):
    """Return what a job gives, or raise what it raises."""

    async def one():
        async with pool_of(**settings) as pool:
            return await pool.run(release, job, *arguments, number="request-7")

    return anyio.run(one)


def test_a_job_gets_the_graph_and_gives_what_can_be_pickled(run_in_shared):
    assert run_in_shared(Graph.answer, COUNT) == b"n\r\n2\r\n"
    assert run_in_shared(Graph.label, "http://no.example/") == "http://no.example/"


def test_what_a_worker_writes_to_its_standard_error_is_in_the_log_with_the_number_of_the_request(release, caplog):
    async def two():
        async with pool_of(workers=1) as pool:
            assert await pool.run(release, jobs.told, "one", number="n1") == "one"
            assert await pool.run(release, jobs.told_by_the_engine, "two", number="n2") == "two"

    anyio.run(two)
    assert logged(caplog) == [{"text": "one", "request": "n1"}, {"text": "two", "request": "n2"}]


def logged(caplog):
    return [record.fields for record in caplog.records if record.message == "standard error of a worker"]


def test_workers_that_are_kept_ready_have_opened_the_release_and_have_nothing_to_complain_of(release, caplog):
    async def ready():
        async with pool_of(workers=2) as pool:
            await pool.warm(release)
            assert await pool.run(release, jobs.told_by_the_engine, "one", number="n1") == "one"

    anyio.run(ready)
    assert [each["text"] for each in logged(caplog)] == ["one"]


def test_an_error_that_nobody_foresaw_is_an_error_of_ours_and_the_log_has_all_of_it(run_in_shared, caplog):
    with pytest.raises(FaultError, match="something went wrong here") as caught:
        run_in_shared(jobs.wrong, "a key")
    assert caught.value.number == "request-7"
    (fields,) = logged(caplog)
    assert fields["request"] == "request-7"
    assert "KeyError: 'a key'" in fields["text"]
    assert "in wrong\n    raise KeyError(text)" in fields["text"]


@pytest.mark.parametrize("job", [jobs.unpicklable, jobs.odd, jobs.left])
def test_a_result_that_cannot_be_sent_and_a_worker_that_leaves_are_errors_of_ours(run_in_shared, job, caplog):
    with pytest.raises(FaultError):
        run_in_shared(job)
    assert logged(caplog)[0]["request"] == "request-7"


def test_an_error_that_somebody_can_mend_comes_as_it_was_raised(run_in_shared, tmp_path):
    with pytest.raises(SourceError) as caught:
        run_in_shared(jobs.refused, tmp_path / "data.ttl")
    assert str(caught.value) == f"{tmp_path / 'data.ttl'}:3:4: it cannot be read; mend it"
    with pytest.raises(QuerySyntaxError) as caught:
        run_in_shared(Graph.answer, Request("ASK {\n FILTR(?x) }", "json"))
    assert (caught.value.line, caught.value.column) == (2, 2)
    assert "FILTR" in caught.value.excerpt


def test_a_worker_that_crashes_is_too_complex_a_job_and_says_where_in_the_log(run_in_shared, caplog):
    with pytest.raises(OverLimitError, match="too complex") as caught:
        run_in_shared(jobs.crashed)
    assert caught.value.limit == "nesting"
    assert logged(caplog) == [{"text": "just before", "request": "request-7"}]


def test_a_job_of_python_that_needs_too_much_memory_is_told_so(release):
    with pytest.raises(OverLimitError) as caught:
        run(release, jobs.greedy, 200_000_000, worker_memory_mb=40)
    assert caught.value.limit == "worker_memory_mb"


def test_a_job_of_python_is_stopped_at_its_deadline(release):
    with pytest.raises(OverLimitError) as caught:
        run(release, jobs.endless, query_seconds=0.3)
    assert caught.value.limit == "query_seconds"


def test_a_worker_that_is_killed_from_outside_is_replaced_once(release, tmp_path):
    assert run(release, jobs.ended_by, signal.SIGKILL, tmp_path / "marker") == "done"
    with pytest.raises(LostError, match="ended by the system"):
        run(release, jobs.ended_by, signal.SIGKILL)


def test_large_results_come_whole_and_in_a_file_where_that_is_wanted(release):
    async def every():
        async with pool_of() as pool:
            found = []
            for size in (10, SMALL + 1, 20_000_000):
                found.append(await pool.run(release, jobs.much, size))
                fetched = await pool.run(release, jobs.much, size, whole=False)
                assert isinstance(fetched, StoredBytes) == (size > SMALL)
                assert len(fetched) == size
                assert fetched if isinstance(fetched, bytes) else fetched.read(3, 4) == b"xxxx"
            return found

    assert [len(each) for each in anyio.run(every)] == [10, SMALL + 1, 20_000_000]


def once(job, *arguments, seconds=60.0, megabytes=500):
    limits = Limits(
        Limit("fetch_seconds", seconds, "stopped after {value:g} seconds", "ask for less"),
        Limit("write_memory_mb", megabytes, "more than {value} MB", "send less"),
        Limit("nesting", 200, "too deep", "nest less"),
    )

    async def one():
        async with pool_of() as pool:
            try:
                return await pool.run(None, job, *arguments, limits=limits, number="request-8")
            finally:
                assert await settled(lambda: not pool.every), "its process goes with it"

    return anyio.run(one)


async def settled(condition):
    with anyio.move_on_after(120):
        while not condition():
            await anyio.sleep(0.01)
    return condition()


def test_a_job_about_no_release_has_a_process_of_its_own(caplog):
    assert once(jobs.alone, "this") == "THIS"
    assert logged(caplog) == [{"text": "about this", "request": "request-8"}]


def test_a_job_about_no_release_has_limits_of_its_own():
    with pytest.raises(OverLimitError, match=r"stopped after 0\.2 seconds; ask for less") as caught:
        once(jobs.alone_endless, seconds=0.2)
    assert (caught.value.limit, caught.value.value) == ("fetch_seconds", 0.2)
    with pytest.raises(OverLimitError, match=r"more than 30 MB; send less"):
        once(jobs.alone_greedy, 200_000_000, megabytes=30)


@pytest.mark.slow
def test_it_works_without_fork_and_limits(release, monkeypatch, caplog):
    monkeypatch.delattr("os.fork")
    monkeypatch.delattr("os.pread")
    monkeypatch.delattr("signal.setitimer")
    monkeypatch.setattr("clustergraph.engine.sandbox.resource", None)

    async def every():
        async with pool_of(workers=1) as pool:
            assert await pool.run(release, jobs.told, "one", number="n1") == "one"
            assert len(await pool.run(release, jobs.much, 300_000)) == 300_000
            with pytest.raises(FaultError):
                await pool.run(release, jobs.wrong, "a key", number="n2")
            with pytest.raises(OverLimitError) as caught:
                await pool.run(release, jobs.endless)
            assert caught.value.limit == "query_seconds"
            return await pool.run(release, Graph.answer, COUNT)

    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2]}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert anyio.run(every) == b"n\r\n2\r\n"
    assert logged(caplog)[0] == {"text": "one", "request": "n1"}
    assert [r.fields["missing"][0] for r in caplog.records if "limits" in r.message] == [
        "processes that can open no file"
    ]
