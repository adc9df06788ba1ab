"""A service with the release of the project, and pages of it in a real browser.

The browser is that of the system, by `CLUSTERGRAPH_BROWSER` or as Chromium is called there; where there is none, tests
are skipped. A page fails its test where anything is asked of another host, or the browser logs an error, such as a
script or style that the Content-Security-Policy refuses.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pyoxigraph import Quad, Store

from clustergraph.pipeline import exports
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import write
from clustergraph.terms import CATALOGUE
from tests.conftest import ROOT
from tests.live_server import Live, serve

Opened = Callable[..., Page]
"""Opens a page; see `opened`."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
"""What finds faults of accessibility; `make web` brings it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is tried in a browser takes a release, a service and seconds."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A service with the release of the project; where `CLUSTERGRAPH_LIVE` names the port of one, that one."""
    if port := os.environ.get("CLUSTERGRAPH_LIVE"):
        yield Live(int(port), None, Path(os.devnull))
        return
    releases = Releases(request.getfixturevalue("tmp_path_factory").mktemp("browser"))
    project, whole = request.getfixturevalue("project"), Store()
    whole.extend(request.getfixturevalue("catalogued"))
    for quad in read_all(rdf_files(*project.shapes.folders)):
        parts = quad.subject, quad.predicate, quad.object
        whole.extend([Quad(*parts, CATALOGUE), Quad(*parts)])
    with releases.lock():
        made = write(releases, whole, Record())
    exports.prepare(made.path, project)
    releases.activate(made.path)
    with serve(releases.root, ROOT) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, for the tests of one module: what drives it leaves no loop behind for others."""
    names = (os.environ.get("CLUSTERGRAPH_BROWSER", ""), *CHROMIUM)
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def opened(live: Live, browser: Browser) -> Iterator[Opened]:
    """Opens a path of the service in a window of its own, and looks at what it asks and logs.

    What is given beside the path is what a context of Playwright takes: `color_scheme`, `java_script_enabled`,
    `locale`. `logs=False` leaves what the browser logs, such as a status of 404, to the test.
    """
    pages: list[tuple[Page, list[str]]] = []

    def open_(path: str, *, width: int = 1024, height: int = 768, logs: bool = True, **given: Any) -> Page:
        page = browser.new_context(viewport={"width": width, "height": height}, **given).new_page()
        found: list[str] = []

        def asked(request: Request) -> None:
            if not request.url.startswith((live.url, "data:", "blob:")):
                found.append(f"asks {request.url}")

        def logged(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                found.append(f"logs {message.text}")

        page.on("request", asked)
        page.on("console", logged)
        page.on("pageerror", lambda error: found.append(f"throws {error}"))
        pages.append((page, found if logs else []))
        page.goto(live.url + path)
        return page

    yield open_
    for page, found in pages:
        page.context.close()
        assert found == [], page.url


def faults(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds on a page, by all its rules or some: the rule, and the first places."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there (make web)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    wishes = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("wishes => axe.run(document, wishes).then(found => JSON.stringify(found.violations))", wishes)
    return [
        f"{each['id']} ({each['impact']}): {', '.join(str(node['target']) for node in each['nodes'][:4])}"
        for each in json.loads(found)
    ]


def width_of(page: Page) -> int:
    """Return how wide a page is, which may be more than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth"))
