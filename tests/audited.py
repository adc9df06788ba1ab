"""A graph in which what documents claim of projects has been compared with imported data, for tests of every door."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import Quad, RdfFormat, Store, parse

from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.run import Order, run
from clustergraph.pipeline.audit import audit
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.rules import load
from clustergraph.rdf import lines
from clustergraph.rdf.origins import Origins
from clustergraph.rdf.reading import rdf_files, read, read_all
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.terms import PREFIXES, slug
from tests.conftest import ROOT

FOLDER = Path(__file__).parent / "pipeline" / "audit"
CLAIMS = """
aurora  | alfa partner              | confirmed
aurora  | alfa coordinator          | confirmed
aurora  | alfa coordinates          | confirmed
aurora  | beta partner              | confirmed
aurora  | beta coordinator          | confirmed
aurora  | beta coordinates          | contradicted | | pic-100000001
aurora  | gamma partner             | contradicted | third-party | pic-100000003
aurora  | gamma participant         | confirmed    | third-party | pic-100000003
aurora  | delta participant         | confirmed    | ended-participation | pic-100000004
aurora  | delta coordinator         | confirmed    | ended-participation
aurora  | delta coordinates         | contradicted | ended-participation | pic-100000001
aurora  | epsilon partner           | contradicted
aurora  | kappa partner             | contradicted | linked-body
aurora  | nu partner                | contradicted | linked-body
aurora  | eta partner               | contradicted | later-name
aurora  | iota partner              | contradicted | later-name
aurora  | new-eta partner           | confirmed
aurora  | mu partner                | contradicted
aurora  | alfa-works partner        | contradicted | similar-name
aurora  | under horizon-europe      | confirmed
aurora  | under light               | confirmed
aurora  | under resilience          | confirmed
aurora  | under other-topic         | contradicted | | horizon-cl4-2021-resilience-01-01
aurora  | under other-call          | contradicted | | horizon-cl4-2021-resilience-01
aurora  | under cosme               | contradicted | | horizon-europe
aurora  | answers resilience        | confirmed
aurora  | answers other-call        | contradicted | | horizon-cl4-2021-resilience-01
aurora  | as ria                    | confirmed
aurora  | as ia                     | contradicted | | ria
aurora  | begins 2021-06            | confirmed    | | 2021-06-01
aurora  | begins 2021-09            | contradicted | | 2021-06-01
aurora  | ends 2024                 | confirmed    | | 2024-05-31
aurora  | ends 2024-05-30           | contradicted | | 2024-05-31
boreas  | alfa participant          | confirmed
boreas  | lambda partner            | not-covered  | link-open names-lacking
boreas  | mu partner                | not-covered  | names-lacking
boreas  | epsilon partner           | contradicted
boreas  | mu coordinator            | not-covered  | names-lacking
boreas  | mu coordinates            | contradicted | | pic-100000002
crown   | theta partner             | confirmed
crown   | alfa coordinator          | contradicted
crown   | alfa coordinates          | contradicted | | pic-100000003
crown   | gamma coordinator         | confirmed
crown   | gamma coordinates         | confirmed
echo    | under horizon-europe      | not-covered  | project-not-found
echo    | mu partner                | not-covered  | project-not-found
fjord   | under horizon-europe      | confirmed
fjord   | alfa partner              | confirmed
fjord   | beta partner              | confirmed
fjord   | gamma partner             | confirmed
fjord   | epsilon partner           | confirmed
fjord   | theta partner             | contradicted
tools   | under h2020               | confirmed
tools   | under fof                 | not-covered  | column-lacking
tools   | as ria                    | not-covered  | column-lacking
tools   | alfa partner              | confirmed
tools   | delta partner             | confirmed
tools   | theta partner             | confirmed
tools   | mu partner                | contradicted | no-third-parties
tools   | begins 2016               | confirmed    | | 2016-10-01
hidden  | under h2020               | not-covered  | project-not-found
hidden  | delta partner             | not-covered  | project-not-found
meeting | under cosme               | not-covered  | programme-elsewhere
meeting | alfa partner              | not-covered  | programme-elsewhere
alps    | under interreg-alpine     | not-covered  | programme-elsewhere
alps    | begins 2012               | not-covered  | programme-elsewhere
starter | under cip                 | not-covered  | programme-elsewhere
older   | under fp7                 | not-covered  | programme-not-imported
older   | delta coordinator         | not-covered  | programme-not-imported
older   | delta coordinates         | not-covered  | programme-not-imported
unpaid  | alfa partner              | not-covered  | no-programme
"""
"""Project, claim, verdict, reasons, what is found; who coordinates also takes part, which is a claim of its own."""
WORDS = {"begins": "cg:start", "ends": "cg:end", "answers": "cg:answersCall"}


def claims() -> Iterator[tuple[str, str, str, set[str], str]]:
    for line in CLAIMS.strip().splitlines():
        project, claim, verdict, *more = (part.strip() for part in line.split("|"))
        yield project, claim, verdict, set(more[0].split()) if more else set(), more[1] if len(more) > 1 else ""


def stated(project: str, claim: str) -> str:
    """Return a claim as a section makes it; who coordinates is told by the claim before it."""
    first, second = claim.split()
    node = f"{project}-{slug(claim)}"
    if first in WORDS:
        value = f"funding:{second}" if first == "answers" else f'"{second}"'
        return f"project:{project} {WORDS[first]} {value} ."
    if first in ("under", "as"):
        term = f"cg:scheme funding:{second}" if first == "under" else f"cg:actionType action-type:{second}"
        return f"grant:{node} a cg:Funding ; cg:certainty certainty:stated ; cg:activity project:{project} ; {term} ."
    if second == "coordinates":
        return ""
    return (f"participation:{node} a cg:Participation ; cg:certainty certainty:stated ; cg:activity project:{project} ;"
            f" cg:participant organisation:{first} ; cg:role participation-role:{second} .")  # fmt: skip


origins: dict[str, Origins] = {}
"""For each import the rows that its statements come from."""


def imported(name: str) -> list[Quad]:
    """Return what an import makes of a folder of tables in the layout of the official downloads, with its record."""
    with TemporaryDirectory() as home:
        files = tuple(sorted((FOLDER / name).glob("*.csv")))
        run(Order(ImportProfile.read(ROOT / "imports" / "cordis"), files, Path(home), name))
        origins[name] = Origins.read([Path(home) / f"{name}.nq.gz"])
        return [*lines.read(Path(home) / f"{name}.nq.gz"), *read(Path(home) / f"{name}.trig")]


@cache
def graph() -> Store:
    """Return the graph, read only by agreement."""
    project = Project(ROOT)
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    said = "\n".join(stated(project, claim) for project, claim, *_ in claims())
    tie = """relationship:nu a cg:Relationship ; cg:certainty certainty:stated ; cg:party organisation:nu ;
      cg:counterparty organisation:beta ; cg:relationshipKind relationship-kind:local-branch-of ."""
    text = [header, (FOLDER / "documents.trig").read_text("utf-8"), "GRAPH m:one {", said, tie, "}"]
    store = Store()
    store.bulk_extend(read_all(rdf_files(*project.ontology.folders)))
    store.extend([*parse("\n".join(text), format=RdfFormat.TRIG), *imported("horizon"), *imported("h2020")])
    rules = load(project.audit)
    store.extend(catalogue(question.load(project.queries).values(), [*load(project.rules), *rules]))
    merge(store)
    infer(store, project.rules)
    audit(store, rules)
    return store


def release(root: Path) -> Path:
    """Write the graph as a release below a folder, make it current, and return it."""
    releases = Releases(root)
    with releases.lock():
        made = write(releases, graph(), Record())
    releases.activate(made.path)
    return made.path
