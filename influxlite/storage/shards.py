"""Shards: the spans of time that InfluxDB keeps in files of their own. Nothing is cut by them here.

They are told to clients, and InfluxDB answers what a bucket holds (`schema.tagValues` …) by whole shards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.storage.snapshot import MAX_NS, MIN_NS

if TYPE_CHECKING:
    from influxlite.storage.catalogue import Bucket

HOUR_S, DAY_S = 3_600, 86_400
SECOND_NS = 1_000_000_000
ZERO_NS = -62_135_596_800 * SECOND_NS
"""The first of January of the year 1, a Monday, from which shards are counted."""


def shard_s(retention_s: int) -> int:
    """The length of the shards that InfluxDB chooses for a retention, in seconds."""
    if retention_s == 0 or retention_s > 180 * DAY_S:
        return 7 * DAY_S
    return HOUR_S if retention_s < 2 * DAY_S else DAY_S


def shard_ns(bucket: Bucket) -> int:
    """The length of a bucket's shards in nanoseconds."""
    return (bucket.shard_s or shard_s(bucket.retention_s)) * SECOND_NS


def whole_shards(bucket: Bucket, start: int, stop: int) -> tuple[int, int]:
    """The nanoseconds of all shards of a bucket that share an instant with `[start, stop]`, as far as 64 bits count."""
    length = shard_ns(bucket)
    first, last = (start - ZERO_NS) // length, (stop - ZERO_NS) // length
    return max(ZERO_NS + first * length, MIN_NS), min(ZERO_NS + (last + 1) * length, MAX_NS)
