"""Settings with which the service could not work are refused."""

from __future__ import annotations

import pytest

from clustergraph.settings import SettingError, Settings


@pytest.mark.parametrize("address", [
    "https://a b", "foo", "javascript:alert(1)", "//a.example", "http://", "http:///a", "http://:80", "ftp://a.example",
    "https://a.example?q", "https://a.example/#", "https://a.example:x", "https://a.example:99999", "https://u@a.example",
    "https://a.example/<", "https://[::1", " https://a.example", "https://a.example\n",
])  # fmt: skip
def test_an_address_at_which_no_service_can_be_is_refused(address):
    with pytest.raises(SettingError, match=r"CLUSTERGRAPH_BASE_URL is .*; give it an address such as"):
        Settings.from_environment({"CLUSTERGRAPH_BASE_URL": address})


@pytest.mark.parametrize("address", [
    "", "http://localhost:8000", "https://a.example/", "HTTPS://a.example/graph", "http://[::1]:80",
])  # fmt: skip
def test_an_address_at_which_a_service_can_be_is_taken(address):
    assert Settings.from_environment({"CLUSTERGRAPH_BASE_URL": address}).base_url == address


@pytest.mark.parametrize(
    "report", ["javascript:alert(1)", "nobody", "https:///new", "a b@c.example", "ftp://a.example"]
)
def test_an_address_that_takes_no_reports_is_refused(report):
    with pytest.raises(SettingError, match=r"CLUSTERGRAPH_REPORT is .*; give it an address of mail"):
        Settings.from_environment({"CLUSTERGRAPH_REPORT": report})
