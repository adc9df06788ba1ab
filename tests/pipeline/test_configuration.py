"""What a project says of itself: from options, environment and file, in this order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from clustergraph.errors import Exit, SourceError
from clustergraph.pipeline.configuration import Configuration, setting
from clustergraph.pipeline.keys import KEYS
from clustergraph.settings import Settings
from tests.commands import run


def told(root: Path, text: str, environment: dict[str, str] | None = None) -> Configuration:
    (root / "clustergraph.toml").write_text(text)
    return Configuration.read(root, environment or {})


def test_the_file_comes_before_what_is_usual(tmp_path: Path) -> None:
    usual = Configuration.read(tmp_path, {})
    assert (usual["title"], usual.settings.workers) == ("", 2)
    found = told(tmp_path, 'title = "Clusters"\n[service]\nworkers = 4\n')
    assert (found["title"], found.settings.workers, found["languages"]) == ("Clusters", 4, ("en",))


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    text = 'title = "Clusters"\nlanguages = ["en"]\n[service]\nworkers = 4\n'
    given = {"CLUSTERGRAPH_WORKERS": "5", "CLUSTERGRAPH_LANGUAGES": "no, en", "CLUSTERGRAPH_ONTOLOGY_PACKAGED": "false"}
    found = told(tmp_path, text, given)
    assert (found["title"], found.settings.workers) == ("Clusters", 5)
    assert (found["languages"], found["ontology.packaged"]) == (("no", "en"), False)


def test_an_option_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERGRAPH_TITLE", "by the environment")
    (tmp_path / "clustergraph.toml").write_text('title = "by the file"\n')
    with setting(["title=by an option"]):
        assert Configuration.read(tmp_path)["title"] == "by an option"
    assert Configuration.read(tmp_path)["title"] == "by the environment"


def test_the_command_line_takes_keys(tmp_path: Path) -> None:
    done = run(tmp_path, "--set", "titel=x", "build")
    assert (done.returncode, "did you mean --set title=…?" in done.stderr) == (Exit.CANNOT_RUN, True)
    done = run(tmp_path, "--set", "service.workers=many", "build")
    assert "--set service.workers is 'many'; give it a whole number (default 2)" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "a"\n\ntitel = "b"\n', r"clustergraph\.toml:3: there is no key titel; did you mean title\?"),
        ("[service]\nworker = 2\n", r"toml:2: there is no key service\.worker; did you mean service\.workers\?"),
        ("[servic]\n\nport = 2\n", r"toml:3: there is no key servic\.port; did you mean service\.port\?"),
        ("service = {workers = 0}\n", r"service\.workers is 0; give it a number above zero"),
        ('[service]\nworkers = "two"\n', r"toml:2: service\.workers is 'two'; give it a whole number"),
        ("[service]\nworkers = true\n", r"toml:2: service\.workers is True; give it a whole number"),
        ("title = 3\n", r"toml:1: title is 3; give it a text in quotes"),
        ('base = "https://clusters.example.org"\n', r"toml:1: base is .*; give it an address that ends with a slash"),
        ('base = "clusters"\n', r"toml:1: base is 'clusters'; give it an address such as"),
        ('languages = ["english"]\n', r"toml:1: languages is .*'english' is no language of this list: bg, ca"),
        ("languages = []\n", r"toml:1: languages is \[\]; give it one language"),
        ("issued = 2026\n", r"toml:1: issued is 2026; give it a day such as"),
        (
            '[contact]\n\nemail = "somebody"\n',
            r"toml:3: contact\.email is 'somebody'; give it an address such as office@",
        ),
        ('licence = "CC BY"\n', r"toml:1: licence is 'CC BY'; give it"),
        ('[ontology]\nversion = "new"\n', r'toml:2: ontology\.version is \'new\'; give it a version such as "0\.2\.0"'),
        ('[ontology]\npackaged = "perhaps"\n', r"toml:2: ontology\.packaged is 'perhaps'; give it true or false"),
        ('[prefixes]\ncg = "https://a.example/"\n', r"toml:2: prefixes\.cg is .*; it means the same in every project"),
        ('[prefixes]\nmine = "a"\n', r"toml:2: prefixes\.mine is 'a'; give it a name"),
        ('[prefixes]\nmine = "urn:a/"\n', r"toml:2: prefixes\.mine is 'urn:a/'; give it a name"),
        ('[sources.facts]\ntitle = "Facts"\n', r"toml:1: sources\.facts has title; give it a title and a description"),
        ('title = "a\n', r"clustergraph\.toml:1:\d+: this is not TOML"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        told(tmp_path, text)


def test_a_prefix_can_be_declared_again(tmp_path: Path) -> None:
    text = '[prefixes]\nmine = "https://clusters.example.org/graph/mine/"\n'
    told(tmp_path, text).imprint.declare()
    code = "from clustergraph.terms import declare; declare({'mine': 'https://clusters.example.org/graph/mine/'})\n"
    code += "from clustergraph.pipeline.configuration import Configuration; from pathlib import Path\n"
    code += "print(Configuration.read(Path.cwd()).prefixes)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "mine" in done.stdout


def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="CLUSTERGRAPH_WORKERS is 'two'; give it a whole number"):
        Configuration.read(tmp_path, {"CLUSTERGRAPH_WORKERS": "two"})


def test_every_setting_of_the_service_is_a_key_of_the_file() -> None:
    assert {name.removeprefix("service.") for name in KEYS if name.startswith("service.")} == {*Settings.usual()}


def test_who_publishes_follows_from_what_is_said(tmp_path: Path) -> None:
    found = told(tmp_path, 'title = "Clusters of Finnmark"\nbase = "https://clusters.example.org/"\n')
    assert found.publisher["iri"] == "https://clusters.example.org/id/organisation/clusters-of-finnmark"
    assert (found.publisher["homepage"], found.about["contact"]["name"]) == (found.base, "Clusters of Finnmark")
    assert found.licence == "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


def test_a_prefix_that_is_no_whole_iri_follows_the_base(tmp_path: Path) -> None:
    (tmp_path / "clustergraph.toml").write_text(
        'base = "https://own.example/"\n[prefixes]\nproject = "id/project/"\n', "utf-8"
    )
    assert Configuration.read(tmp_path).prefixes == {"project": "https://own.example/id/project/"}
    changed = Configuration.read(tmp_path, {"CLUSTERGRAPH_BASE": "https://other.example/"})
    assert changed.prefixes == {"project": "https://other.example/id/project/"}
