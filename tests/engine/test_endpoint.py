"""Another endpoint as a graph to ask, with a service of ours as that endpoint."""

from __future__ import annotations

import http.server
import threading

import pytest
from click.testing import CliRunner

from clustergraph.cli.main import cli
from clustergraph.engine.endpoint import query
from clustergraph.errors import QueryError
from tests.live_server import serve
from tests.small_release import write_release

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a cg:Cluster }"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_release(root)
    with serve(root) as live:
        yield f"{live.url}/sparql"


def run(*arguments):
    return CliRunner().invoke(cli, ["query", *arguments])


def test_the_command_asks_an_endpoint_in_every_format(endpoint):
    assert run(COUNT, "--endpoint", endpoint, "--format", "csv").output.split() == ["n", "2"]
    assert '"value":"2"' in run(COUNT, "--endpoint", endpoint).output.replace(" ", "")
    graph = run("CONSTRUCT WHERE { ?s a cg:Pilot }", "--endpoint", endpoint, "--format", "ntriples")
    assert graph.exit_code == 0, graph.output
    assert graph.output.startswith("<https://w3id.org/clustergraph/id/pilot/esm>")


@pytest.mark.parametrize(
    ("text", "format_", "message"),
    [
        ("ASK {", "csv", "did not answer"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "csv", "did not answer"),
        (COUNT, "turtle", "did not answer"),
        (COUNT, "no-such", "no such format: 'no-such'"),
    ],
)
def test_what_an_endpoint_does_not_answer_is_an_error_in_words(endpoint, text, format_, message):
    with pytest.raises(QueryError, match=message):
        query(endpoint, text, format_)


def test_an_address_that_is_none_or_where_nobody_listens(endpoint):
    with pytest.raises(QueryError, match="not the address of an endpoint"):
        query("/sparql", COUNT, "csv")
    with pytest.raises(QueryError, match="did not answer"):
        query("http://127.0.0.1:9/sparql", COUNT, "csv")


class _OfAnotherKind(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>hello")

    def log_message(self, *_):
        pass


def test_an_answer_in_another_format_is_not_taken_for_one():
    with http.server.HTTPServer(("127.0.0.1", 0), _OfAnotherKind) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(QueryError, match="answered with text/html, not text/csv"):
            query(f"http://127.0.0.1:{other.server_port}/sparql", COUNT, "csv")
        other.shutdown()
