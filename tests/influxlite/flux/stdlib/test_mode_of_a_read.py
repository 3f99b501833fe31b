"""mode right behind a read, which InfluxDB answers piece by piece."""

from influxlite.flux import query
from tests.influxlite.conftest import Box

START_S, WEEK_S = 1_767_225_600, 7 * 86_400
RECORDED = [26, 30, 26, 30, 26, 26, 30]
"""What InfluxDB 2.9.1 answers for these points, of which it reads 3500 from one shard and 1500 from another."""


def test_a_thousand_points_of_a_shard_have_modes_of_their_own(box: Box) -> None:
    """The rows are InfluxDB's, in its order, for a series that has more points in its shards than it reads at once."""
    points = [(i * i * 31 + i // 7) % 41 for i in range(3500)]
    lines = [f"many value={value}i {START_S + 20 * i}000000000" for i, value in enumerate(points)]
    lines += [f"many value={value}i {START_S + WEEK_S + 20 * i}000000000" for i, value in enumerate(points[:1500])]
    box.write("\n".join(lines))
    script = """from(bucket: "telemetry")
        |> range(start: 2026-01-01T00:00:00Z, stop: 2026-02-01T00:00:00Z)
        |> filter(fn: (r) => r._measurement == "many")
        |> mode()"""
    (result,) = query(script, storage=box.storage, org_id=box.org.id, org_name="ward")
    (block,) = result.tables
    assert block.column("_value").to_list() == RECORDED
