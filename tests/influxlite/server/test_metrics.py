"""What the server tells Prometheus of its memory."""

from tests.influx_servers import Influx


def test_the_metrics_tell_whose_the_memory_is(influx: Influx) -> None:
    """Resident memory, and the part of it that DuckDB keeps of its file or works with."""
    if influx.kind != "influxlite":
        return  # the real one has figures of its own
    with influx.bucket() as bucket:
        influx.write(bucket, "\n".join(f"m v={i} {i}" for i in range(50_000)))
        assert ",50000," in influx.query(f'from(bucket: "{bucket}") |> range(start: 0) |> count()').text
        text = influx.request("GET", "/metrics", token=None).text
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        kept, work = (float(figures[f'influxlite_database_memory_bytes{{use="{use}"}}']) for use in ("cache", "work"))
        assert kept > 50_000  # a byte a point and more: DuckDB keeps what was just read
        assert work >= 0
        assert float(figures["process_resident_memory_bytes"]) > kept
