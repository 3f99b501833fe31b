"""The OpenAPI document says what the server does: schemathesis finds no call that breaks it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode

from ingest.openapi import MEANING

load_all_checks()
# What a JSON Schema cannot say, so that a body may follow it and still be refused: an instant is held against the
# clock, 1.0 is an integer to JSON Schema and none to us, a day may not exist, a text may be blank.
BEYOND_SCHEMA = {
    "time-in-future": None,
    "too-old": None,
    "invalid-token": {"expires_at"},
    "invalid-reading": {"time", "sent_at", "expires_at", "room", "mrn", "to", "apnea_count", "rooms", "name"},
}


@pytest.fixture
def api(shared_ward: Any) -> Any:
    """The document of a running server, as schemathesis reads it."""
    return schemathesis.openapi.from_url(shared_ward.url + "/openapi.json")


schema = schemathesis.pytest.from_fixture("api").exclude(path="/readyz")


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_no_call_breaks_the_document(case: Case, shared_ward: Any) -> None:
    """What the document allows is answered as it says, what it forbids is refused; nothing is the server's fault."""
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    answer = case.call_and_validate(
        headers={"Authorization": f"Bearer {shared_ward.tokens['admin']}"}, excluded_checks=[positive_data_acceptance]
    )
    positive = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if positive and answer.status_code in (400, 413, 415, 422):
        problem = answer.json()
        assert isinstance(problem, dict) or "apnea_count" in problem or "is not an int" in problem, problem
        if isinstance(problem, dict):
            allowed = BEYOND_SCHEMA.get(problem["type"], set())
            assert allowed is None or {error["field"] for error in problem["errors"]} <= allowed != set(), problem


def test_every_route_is_described(shared_ward: Any) -> None:
    """Each route of the app is in the document, with a description of each problem that it may answer."""
    document = shared_ward.call("GET", "/openapi.json", role=None).json()
    own = {"/openapi.json", "/docs", "/docs/scalar.js"}
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in shared_ward.app.url_map.iter_rules()}
    assert rules - own == set(document["paths"])
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            for status in operation["responses"]:
                assert int(status) < 400 or status in MEANING
            if path not in ("/healthz", "/readyz"):
                assert "401" in operation["responses"], path
