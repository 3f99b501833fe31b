"""The OpenAPI document says what the server does: schemathesis finds no call that breaks it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ingest.openapi import MEANING

load_all_checks()
# What a JSON Schema cannot say, so that a body may follow it and still be refused: an instant is held against the
# clock, 1.0 is an integer to JSON Schema and none to us, a day may not exist, a text may be blank.
BEYOND_SCHEMA = {
    "time-in-future": None,
    "too-old": None,
    "invalid-header": {"Bedside-Sent-At"},
    "idempotency-key-reused": None,
    "invalid-token": {"expires_at"},
    "invalid-reading": {"time", "sent_at", "expires_at", "room", "mrn", "to", "apnea_count", "rooms", "name", "before"},
}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_call_breaks_the_document(shared_ward: Any, mode: GenerationMode) -> None:
    """What the document allows is answered as it says, what it forbids is refused; nothing is the server's fault."""
    schema = schemathesis.openapi.from_url(shared_ward.url + "/openapi.json")
    tried: set[str] = set()

    def check(case: Case) -> None:
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {shared_ward.tokens['admin']}"},
            excluded_checks=[positive_data_acceptance],
        )
        tried.add(case.operation.label)
        if mode == GenerationMode.POSITIVE and answer.status_code in (400, 413, 415, 422):
            assert_beyond_schema(answer.json())

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        # 503 is what they are for while InfluxDB is away, as here; `test_forwarder` and `test_forget` show it.
        if operation.path == "/readyz" or (operation.method == "delete" and "mrn" in operation.path):
            continue
        strategy = operation.as_strategy(generation_mode=mode)
        try:
            settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])(
                given(case=strategy)(check)
            )()
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE  # a call without parameters cannot be called wrongly
    assert len(tried) >= (18 if mode == GenerationMode.POSITIVE else 10)


def assert_beyond_schema(problem: Any) -> None:
    """A body that follows the document was refused for what no schema can say."""
    if isinstance(problem, str):
        assert "is not an int or numeric string" in problem
        return
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
                assert operation["security"] == [{"token": []}], path
