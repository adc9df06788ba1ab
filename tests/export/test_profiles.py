"""Profiles: the graph in the terms of others, with nothing added, and without a line of Python for a new one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pyoxigraph import Literal, Quad, QuerySolutions, QueryTriples, RdfFormat, Store, parse

from clustergraph.errors import Exit, SourceError
from clustergraph.export import profiles
from clustergraph.graph import Graph
from clustergraph.rdf.lines import canonical
from clustergraph.rdf.reading import read_all
from clustergraph.shacl.validate import validate
from clustergraph.terms import PREFIXES
from tests import views
from tests.commands import run
from tests.conftest import PUBLISHED, ROOT, offered
from tests.small_project import make
from tests.views import STATED

NAMES = ("eurio", "org", "schema")
CORDIS = Path(__file__).parents[1] / "cordis"
REFERENCE = PUBLISHED / "eurio" / "EURIO.ttl"
EURIO = PREFIXES["eurio"]


@pytest.fixture(scope="session")
def eurio(exported: Path) -> Store:
    """The export as a stranger has it: the file, and nothing else."""
    store = Store()
    store.load(offered(exported, "eurio.ttl.gz"), RdfFormat.TURTLE)
    return store


def rows(result: object) -> list[tuple[str | None, ...]]:
    assert isinstance(result, QuerySolutions)
    names = [variable.value for variable in result.variables]
    return [tuple(row[name].value if row[name] is not None else None for name in names) for row in result]


def cordis(store: Store, name: str) -> list[tuple[str | None, ...]]:
    """The rows of a query in the terms of the endpoint of CORDIS, run as it is."""
    return rows(store.query((CORDIS / f"{name}.rq").read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_names_in_no_language_have_no_tag(exported: Path, name: str) -> None:
    quads = list(parse(offered(exported, f"{name}.ttl.gz"), RdfFormat.TURTLE))
    found = {quad.object.language for quad in quads if quad.object in {*map(Literal, ("AFIL", "Plastipolis"))}}
    assert found == {None}
    assert not [quad for quad in quads if isinstance(quad.object, Literal) and quad.object.language == "und"]


def test_who_takes_part_in_a_project(eurio: Store, graph: Graph) -> None:
    found = cordis(eurio, "participants-of-a-project")
    stated = rows(
        graph.select(f"""
        SELECT DISTINCT ?name WHERE {{
          ?p cg:activity project:beincpps ; cg:participant ?o ; {STATED} .
          ?o a cg:Organisation ; skos:prefLabel ?label BIND(STR(?label) AS ?name)
        }} ORDER BY ?name""")
    )
    assert len(found) > 5
    assert sorted({row[0] for row in found}) == sorted({row[0] for row in stated})
    assert {row[2] for row in found} <= {"coordinator", "participant"}
    assert ("Plastipolis", "France", "participant") in found


def test_which_projects_a_topic_funds(eurio: Store, graph: Graph) -> None:
    found = cordis(eurio, "projects-of-a-topic")
    stated = rows(
        graph.select(f"""
        SELECT DISTINCT ?project ?topic WHERE {{
          ?f a cg:Funding ; cg:activity ?project ; cg:scheme ?scheme ; {STATED} .
          ?project a cg:Project . ?scheme skos:prefLabel ?topic ; cg:schemeLevel/skos:notation ?level
          FILTER(?level IN ("topic", "call") && CONTAINS(UCASE(?topic), "FOF-"))
        }}""")
    )
    assert len(found) == len(stated) > 0
    assert {row[1] for row in found} == {row[1] for row in stated}


def test_what_an_acronym_stands_for(eurio: Store) -> None:
    title = "Business Experiments in Cyber Physical Production Systems"
    assert [row[:2] for row in cordis(eurio, "project-of-an-acronym")] == [(None, title)]


def test_how_many_organisations_of_each_country_take_part(eurio: Store, graph: Graph) -> None:
    stated = rows(
        graph.select(f"""
        SELECT ?code (COUNT(DISTINCT ?o) AS ?n) WHERE {{
          ?p cg:activity/a cg:Project ; cg:participant ?o ; {STATED} .
          FILTER NOT EXISTS {{ ?p cg:role participation-role:beneficiary }}
          ?o a cg:Organisation ; cg:country|cg:locatedIn ?country . ?country a cg:Country ; cg:isoCode ?code .
        }} GROUP BY ?code ORDER BY DESC(?n) ?code""")
    )
    assert cordis(eurio, "organisations-by-country") == stated != []


def test_who_shares_projects(eurio: Store, graph: Graph) -> None:
    found = {(one, other) for one, other, _ in cordis(eurio, "projects-in-common")}
    stated = rows(
        graph.select("""
        SELECT DISTINCT ?one ?other WHERE {
          ?a cg:sharesProjectWith ?b . ?a a cg:Organisation ; skos:prefLabel ?one .
          ?b a cg:Organisation ; skos:prefLabel ?other
          FILTER(STR(?a) < STR(?b))
        }""")
    )
    assert found == set(stated) != set()


def test_how_many_projects_a_programme_funds(eurio: Store) -> None:
    found = dict(cordis(eurio, "programmes"))
    assert {"Horizon 2020", "FP7"} <= set(found)


def test_in_which_regions_organisations_are(eurio: Store) -> None:
    assert ("AFIL", "ITC4") in cordis(eurio, "regions-with-nuts-codes")


def test_what_is_not_stated_is_not_in_the_view(eurio: Store, graph: Graph) -> None:
    """EURIO cannot say that a part is unconfirmed, so the view must not turn it into a fact."""
    unsure = rows(
        graph.select(f"""
        SELECT DISTINCT ?o ?project WHERE {{
          ?p cg:participant ?o ; cg:activity ?project . ?project a cg:Project . ?o a cg:Organisation
          FILTER NOT EXISTS {{ ?q cg:participant ?o ; cg:activity ?project ; {STATED} }}
        }}""")
    )
    assert unsure
    for organisation, project in unsure:
        query = f"ASK {{ ?role <{EURIO}isRoleOf> <{organisation}> ; <{EURIO}isInvolvedIn> <{project}> }}"
        assert not eurio.query(query), (organisation, project)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the ontology is not beside the project (CLUSTERGRAPH_TEST_DATA)")
def test_the_view_uses_only_terms_that_eurio_has(eurio: Store) -> None:
    declared = {
        quad.subject.value for quad in parse(REFERENCE.read_bytes(), RdfFormat.TURTLE) if hasattr(quad.subject, "value")
    }
    used = {quad.predicate.value for quad in eurio} | {
        quad.object.value for quad in eurio if quad.predicate.value == PREFIXES["rdf"] + "type"
    }
    assert {term for term in used if term.startswith(EURIO)} <= declared


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_satisfies_its_shapes_and_reads_the_same_in_both_forms(exported: Path, name: str) -> None:
    def of(extension: str) -> list[Quad]:
        format_ = {"ttl": RdfFormat.TURTLE, "jsonld": RdfFormat.JSON_LD}[extension]
        return list(parse(offered(exported, f"{name}.{extension}.gz"), format_))

    turtle, jsonld = list(canonical(of("ttl"))), list(canonical(of("jsonld")))
    assert turtle == jsonld
    assert len(turtle) > 1000
    assert validate(of("ttl"), read_all([ROOT / "shapes" / "profiles" / f"{name}.ttl"])) == []


@pytest.mark.parametrize("name", NAMES)
def test_json_needs_no_knowledge_of_rdf(exported: Path, name: str) -> None:
    document = json.loads(offered(exported, f"{name}.jsonld.gz"))
    names = {key for node in document["@graph"] for key in node}
    assert {key for key in names if ":" in key} == set()


@pytest.mark.parametrize("name", [*NAMES, "dcat-ap"])
def test_the_shapes_of_profiles_are_named_and_say_what_to_do(name: str) -> None:
    shapes = read_all([ROOT / "shapes" / "profiles" / f"{name}.ttl"])
    sh = PREFIXES["sh"]
    kinds = {q.subject: q.object.value for q in shapes if q.predicate.value == PREFIXES["rdf"] + "type"}
    told = {(q.subject, q.predicate.value) for q in shapes}
    assert kinds
    for shape, kind in kinds.items():
        assert shape.value.startswith(PREFIXES["shape"])
        wanted = ("name", "description") if kind == f"{sh}NodeShape" else ("name", "description", "message")
        assert all((shape, sh + word) in told for word in wanted), shape


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = make(tmp_path)
    profile = folder / "queries" / "exports" / "names"
    profile.mkdir(parents=True)
    (profile / "profile.yaml").write_text(
        "title: Names only\ndescription: What clusters are called.\nconforms_to: http://xmlns.com/foaf/0.1/\n"
    )
    (profile / "names.rq").write_text(
        "PREFIX cg: <https://w3id.org/clustergraph/ontology/> PREFIX foaf: <http://xmlns.com/foaf/0.1/>\n"
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        "CONSTRUCT { ?thing a foaf:Organization ; foaf:name ?name }\n"
        "WHERE { ?thing a cg:Cluster ; skos:prefLabel ?name }"
    )
    (profile / "context.jsonld").write_text(
        '{"@context": {"foaf": "http://xmlns.com/foaf/0.1/", "name": {"@id": "foaf:name", "@language": "en"}}}'
    )
    shapes = folder / "shapes" / "profiles"
    shapes.mkdir()
    (shapes / "names.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
        "@prefix shape: <https://w3id.org/clustergraph/shape/> .\n"
        "shape:Named a sh:NodeShape ; sh:targetClass foaf:Organization ; sh:property shape:Named-name .\n"
        'shape:Named-name a sh:PropertyShape ; sh:path foaf:name ; sh:maxLength 6 ; sh:message "Shorten it." .\n'
    )
    return folder


def test_a_new_folder_is_a_new_command_a_download_and_a_gate(folder: Path) -> None:
    assert run(folder, "build").returncode == Exit.FINE, "the shapes of a profile do not judge the graph itself"
    assert "Names only" in run(folder, "export", "--help").stdout
    assert "names.ttl.gz" not in run(folder, "export", "all").stdout, "what breaks its shapes is no download either"
    refused = run(folder, "export", "names", "--out", "names.jsonld")
    assert refused.returncode == Exit.FINDINGS
    assert "Shorten it." in refused.stderr
    assert not (folder / "names.jsonld").exists()
    assert run(folder, "export", "names", "--out", "names.jsonld", "--force").returncode == Exit.FINE
    document = json.loads((folder / "names.jsonld").read_text())
    assert [node["name"] for node in document["@graph"]] == ["AFIL", "ViaMéca"]
    shapes = folder / "shapes" / "profiles" / "names.ttl"
    shapes.write_text(shapes.read_text().replace("maxLength 6", "maxLength 7"))
    assert "names.ttl.gz" in run(folder, "export", "all").stdout
    assert run(folder, "export", "names", "--out", "names.ttl").returncode == Exit.FINE


def test_a_query_of_a_profile_that_is_wrong_says_where(folder: Path) -> None:
    path = folder / "queries" / "exports" / "names" / "names.rq"
    path.write_text("PREFIX cg: <urn:cg:> CONSTRUCT { ?thing a cg:Organization } WHERE { ?thing a cg:Cluster ")
    done = run(folder, "build")
    assert done.returncode == Exit.CANNOT_RUN
    assert "names.rq" in done.stderr
    path.write_text("SELECT * WHERE { ?s ?p ?o }")
    assert "not a CONSTRUCT query" in run(folder, "build").stderr


@pytest.mark.parametrize("name", NAMES)
def test_in_portions_a_profile_is_the_same(name: str, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine holds what it groups and makes distinct, so it must never be asked about everything at once."""
    profile = profiles.load(name, ROOT / "queries", ROOT / "shapes")
    whole: list[Quad] = []
    for path, text in profile.queries:
        assert profiles.THING in text, f"{path} can only be asked about everything"
        triples = graph.store.query(text, prefixes=PREFIXES)
        assert isinstance(triples, QueryTriples)
        whole += (Quad(each.subject, each.predicate, each.object) for each in triples)
    assert list(canonical(profile.quads(graph.store))) == list(canonical(whole)) != []
    asked: list[int] = []
    about = profiles._about

    def noting(text: str, things: Sequence[str]) -> str:
        asked.append(len(things))
        return about(text, things)

    monkeypatch.setattr(profiles, "_about", noting)
    monkeypatch.setattr(profiles, "_PORTION", 37)
    assert list(canonical(profile.quads(graph.store))) == list(canonical(whole))
    assert max(asked) == 37


def test_a_profile_is_asked_about_its_things_alone(folder: Path) -> None:
    path = folder / "queries" / "exports" / "names" / "names.rq"
    path.write_text(path.read_text().replace("WHERE {", f"WHERE {{ {profiles.THING}"))
    about = path.parent / "profile.yaml"
    shapes = folder / "shapes" / "profiles" / "names.ttl"
    shapes.unlink()
    build(folder)
    told = about.read_text()
    assert names(folder) == ["AFIL", "ViaMéca"], "whatever has a type"
    about.write_text(told + "things: [cg:Cluster, org:Organization]\n")
    assert names(folder) == ["AFIL", "ViaMéca"], "each once"
    about.write_text(told + "things: cg:Project\n")
    assert names(folder) == []
    about.write_text(told + "things: [cluster]\n")
    done = run(folder, "export", "names", "--out", "names.jsonld")
    assert done.returncode == Exit.CANNOT_RUN
    assert "profile.yaml" in done.stderr
    assert "'cluster' is not a class" in done.stderr


def build(folder: Path) -> None:
    done = run(folder, "build")
    assert done.returncode == Exit.FINE, done.stderr


def names(folder: Path) -> list[str]:
    """What the profile of names says, in a folder where it is."""
    done = run(folder, "export", "names", "--out", "names.jsonld")
    assert done.returncode == Exit.FINE, done.stderr
    return [node["name"] for node in json.loads((folder / "names.jsonld").read_text())["@graph"]]


def test_a_profile_that_is_not_there_is_no_command() -> None:
    assert "No such command 'euroi'" in run(ROOT, "export", "euroi").stderr


def test_a_folder_without_queries_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text("title: T\ndescription: D\nconforms_to: urn:x\n")
    with pytest.raises(SourceError, match="without queries"):
        profiles.Profile.read(tmp_path)


REGISTERED = f"""
ex:a a cg:Organisation ; skos:prefLabel "A"@en ; cg:place ex:here ; locn:address ex:seat ;
  skos:exactMatch <http://w/Q1> ; adms:identifier ex:pic, ex:vat, ex:lei .
ex:b a cg:Organisation ; skos:prefLabel "B"@en ; cg:place ex:here ; locn:address ex:one, ex:two .
ex:here skos:prefLabel "Here"@en ; cg:within country:FRA . country:FRA a cg:Country ; skos:prefLabel "France"@en .
ex:seat cg:place ex:here ; locn:fullAddress "3, Rue A, 01100 Here" ; locn:thoroughfare "Rue A" ;
  locn:locatorDesignator "3" ; locn:postCode "01100" ; cg:addressKind address-kind:registered .
ex:one cg:place ex:here ; locn:postCode "01100" ; locn:fullAddress "01100 Here" .
ex:two cg:place ex:here ; locn:postCode "01200" ; locn:fullAddress "01200 Here" .
ex:pic cg:identifierScheme identifier-scheme:pic ; skos:notation "999999999" .
ex:vat cg:identifierScheme identifier-scheme:vat ; skos:notation "FR12345678901" .
ex:lei cg:identifierScheme identifier-scheme:lei ; skos:notation "529900T8BM49AURSDO55" .
ex:p a cg:Project ; skos:prefLabel "P"@en .
ex:f a cg:Funding ; cg:activity ex:p ; cg:scheme ex:s ; cg:amount ex:m ; {STATED} .
ex:s a cg:FundingScheme ; skos:prefLabel "S"@en ; cg:schemeLevel funding-level:call .
ex:m a cg:Figure ; cg:value 500000 ; cg:unit unit:ron ; {STATED} . unit:ron skos:notation "ron" .
funding-level:call skos:notation "call" ; skos:prefLabel "call"@en .
"""


@pytest.mark.parametrize(
    ("profile", "select", "expected"),
    [
        ("eurio", "?x ?p ?v { ?x eurio:identifier ?p ; eurio:vatNumber ?v }", [("a", "999999999", "FR12345678901")]),
        ("eurio", "?line { ?a eurio:fullAddress ?line ; eurio:postalCode ?code }", [("3, Rue A, 01100 Here",)]),
        ("eurio", "?v ?c { ?g eurio:hasFundingAmount ?m . ?m eurio:value ?v ; eurio:currency ?c}", [("500000", "RON")]),
        ("org", "?x ?code { ?x org:hasRegisteredSite/org:siteAddress/vcard:postal-code ?code }", [("a", "01100")]),
        ("org", "?pic { ?x org:identifier ?pic FILTER(DATATYPE(?pic) = identifier-scheme:pic) }", [("999999999",)]),
        ("org", "?street { ?a vcard:street-address ?street }", [("Rue A 3",)]),
        ("schema", "?v ?l { ?x schema:vatID ?v ; schema:leiCode ?l }", [("FR12345678901", "529900T8BM49AURSDO55")]),
        ("schema", "?x ?same { ?x schema:sameAs ?same }", [("a", "Q1")]),
        ("schema", "?x ?code { ?x schema:address/schema:postalCode ?code }", [("a", "01100")]),
    ],
)  # fmt: skip
def test_identifiers_and_the_one_address_in_a_town_are_told(
    profile: str, select: str, expected: list[tuple[str, ...]]
) -> None:
    spaces = {**PREFIXES, "ex": "http://e/", "vcard": "http://www.w3.org/2006/vcard/ns#"}
    head = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in spaces.items())
    assert views.told(views.view(profile, head + REGISTERED), select, spaces) == expected
