"""A repository of somebody else: a library with its books, its own shapes, and none of this project's words."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests import commands

SHAPES = """@prefix lib: <https://library.example/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

lib:BookShape a sh:NodeShape ;
  sh:targetClass lib:Book ;
  sh:property [ sh:path lib:title ; sh:minCount 1 ; sh:name "title" ] ;
  sh:property [ sh:path lib:pages ; sh:datatype xsd:integer ; sh:minExclusive 0 ] ;
  sh:property lib:AuthorShape .

lib:AuthorShape a sh:PropertyShape ;
  sh:path lib:author ; sh:class lib:Person ; sh:severity sh:Warning ;
  sh:message "Describe the author in people.jsonld." .

lib:PersonShape a sh:NodeShape ;
  sh:targetClass lib:Person ;
  sh:property [ sh:path ( lib:wrote lib:title ) ; sh:minCount 1 ; sh:message "Nothing with a title by this person." ] .
"""
BOOKS = """@prefix lib: <https://library.example/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

lib:walden a lib:Book ;
  lib:title "Walden" ;
  lib:pages 352 ;
  lib:author lib:thoreau .

lib:emma a lib:Book ;
  rdfs:label "Emma"@en ;
  lib:title "Emma" ;
  lib:author lib:austen .
"""
PEOPLE = """{
  "@context": {"@vocab": "https://library.example/ns#", "lib": "https://library.example/ns#"},
  "@graph": [
    {"@id": "lib:thoreau", "@type": "Person",
     "wrote": {"@id": "lib:walden"}},
    {"@id": "lib:austen", "@type": "Person",
     "wrote": {"@id": "lib:emma"}}
  ]
}
"""


class Repository:
    """A folder under git in which commands run as they do in CI."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        """Commit data that conforms."""
        self.write("shapes/library.ttl", SHAPES)
        self.write("data/books.ttl", BOOKS)
        self.write("data/people.jsonld", PEOPLE)
        self.run(
            "git init -q -b main . && git config user.name Somebody && git config user.email somebody@library.example"
        )
        self.commit("A library")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a part of a file that is there once."""
        path = self.root / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        done = self.run(f"git add -A && git commit -q -m '{message}'")
        assert done.returncode == 0, done.stderr

    def run(self, command: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        """Run a line of a shell, as a CI job does; one that needs no shell is run without."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "HOME": str(self.root),
        }
        if command.startswith("clustergraph ") and not set(command) & set("<>|&;"):
            return commands.run(self.root / folder, *shlex.split(command)[1:], environment=environment)
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=self.root / folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done
