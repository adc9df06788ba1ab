"""Every kind of page in a real browser: axe-core finds nothing, nothing scrolls sideways, nothing leaves the host."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opened, faults, width_of

PAGES = (
    "/",
    "/questions",
    "/questions/clusters",
    "/questions/partners-sharing-pilots",
    "/questions/figures-over-time",
    "/questions/partners-by-place",
    "/id/organisation/plastipolis",
    "/id/organisation/afil?lang=fr",
    "/describe?iri=http://data.europa.eu/nuts/code/FRK",
    "/conflicts",
    "/search?q=plastipolis",
    "/sparql",
    "/sparql?query=SELECT+*+{+%3Fcluster+a+cg%3ACluster+}",
    "/download",
    "/ontology",
    "/ontology/Cluster",
    "/ontology/participatesIn",
    "/scheme",
    "/scheme/field",
    "/scheme/field/plastics",
    "/releases",
    "/changes?thing=AFIL",
    "/docs",
    "/docs/service",
    "/validate",
    "/validate?example=faults",
    "/explain",
    "/audit",
    "/matches",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1024, "dark")])
def test_a_page_has_no_fault(opened: Opened, path: str, width: int, scheme: str) -> None:
    page = opened(path, width=width, color_scheme=scheme)
    assert faults(page) == []
    assert width_of(page) <= width


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_small_window(opened: Opened, path: str) -> None:
    page = opened(path, width=320)
    assert width_of(page) <= 320
