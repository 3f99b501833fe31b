"""A frame of readings: the columns that everything below `query/night` and `query/files` works on."""

import polars as pl

UTC_MS = pl.Datetime("ms", "UTC")
SCHEMA: dict[str, pl.DataType] = {
    "time": UTC_MS,
    "room": pl.String(),
    "mrn": pl.String(),
    "cpap_pressure": pl.Float64(),
    "breath_rate": pl.Float64(),
    "apnea_count": pl.Int64(),
    "leak_rate": pl.Float64(),
    "spo2": pl.Float64(),
    "mask_on": pl.Boolean(),
    "flow_image": pl.String(),
}
"""Time of measurement; room and MRN as text; cmH2O, /min, events since the reading before, L/min, %, whether the mask
is on, and the SHA-256 of a flow image. What a reading did not measure is null."""


def as_readings(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the columns of `SCHEMA`, sorted by time, room and MRN; a missing column is null.

    `_time` is taken for `time`; a time in any zone keeps its instant.
    """
    if frame.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    if "_time" in frame.columns:
        frame = frame.rename({"_time": "time"})
    columns = [
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SCHEMA.items()
        if name != "time"
    ]
    instant = pl.col("time").dt.convert_time_zone("UTC").cast(UTC_MS)
    return frame.select(instant, *columns).sort("time", "room", "mrn")
