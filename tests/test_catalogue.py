"""The catalogue: a release carries its questions, as RDF that any client can read."""

from __future__ import annotations

from pathlib import Path

from clustergraph.build import pipeline
from clustergraph.build.release import Releases
from clustergraph.build.sources import Project
from clustergraph.graph import Graph
from clustergraph.questions import load

from .small_project import make


def test_a_release_answers_its_questions_without_the_files(tmp_path: Path) -> None:
    project, releases = Project(make(tmp_path / "project")), Releases(tmp_path / "releases")
    pipeline.publish(project, releases)
    files = load(project.queries)
    current = releases.current()
    assert current is not None
    graph = Graph.open(current)
    assert [question.query for question in graph.questions.values()] == [q.query for q in files.values()]
    assert [row["cluster"] for row in graph.ask("clusters", cluster="Viameca")] == ["ViaMéca"]


def test_the_catalogue_says_what_a_question_is_for(tmp_path: Path) -> None:
    project, releases = Project(make(tmp_path / "project")), Releases(tmp_path / "releases")
    pipeline.publish(project, releases)
    current = releases.current()
    assert current is not None
    rows = list(
        Graph.open(current).select("SELECT ?title ?tag { query:clusters rdfs:label ?title ; schema:keywords ?tag }")
    )
    assert [(row["title"].value, row["tag"].value) for row in rows] == [("Which clusters are there?", "clusters")]
