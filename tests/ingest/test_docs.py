"""The pages of `docs/` name every route, setting and metric that there is."""

from pathlib import Path
from typing import Any

from ingest import IngestSettings

DOCS = Path(__file__).resolve().parents[2] / "docs"
OUTSIDE = {"influx_url", "influx_org", "influx_v2_token"}  # set by InfluxDB's own names


def test_every_route_is_in_the_docs(shared_ward: Any) -> None:
    """Each path of the OpenAPI document stands in docs/http.md."""
    text = (DOCS / "http.md").read_text()
    for path in shared_ward.call("GET", "/openapi.json", role=None).json()["paths"]:
        tail = "/" + path.rsplit("/", 1)[-1]
        assert path in text or ("/v1/rooms/{room}/admit" in text and f"`{tail}`" in text), path


def test_every_setting_is_in_the_docs() -> None:
    """Each setting of the ingest server stands in docs/http.md."""
    text = (DOCS / "http.md").read_text()
    for name in IngestSettings.model_fields.keys() - OUTSIDE:
        assert f"BEDSIDE_{name.upper()}" in text, name
    for name in ("URL", "ORG", "TOKEN"):
        assert f"INFLUXDB_V2_{name}" in text


def test_every_metric_is_in_the_docs(shared_ward: Any) -> None:
    """Each metric family of /metrics stands in docs/metrics.md, and the page names no other."""
    text = (DOCS / "metrics.md").read_text()
    families = [
        line.split(" ")[2] for line in shared_ward.call("GET", "/metrics").text.splitlines() if "# TYPE" in line
    ]
    families = [name for name in families if not name.endswith("_created")]
    for name in families:
        assert f"`{name}" in text, name
    rows = [line.split("`")[1].split("{")[0] for line in text.splitlines() if line.startswith("| `")]
    assert set(rows) == set(families)
