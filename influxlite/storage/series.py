"""A series: one field of one measurement under one set of tags, in one bucket."""

from dataclasses import dataclass

Tags = tuple[tuple[str, str], ...]
KINDS = ("float", "integer", "unsigned", "boolean", "string")


@dataclass(frozen=True, slots=True)
class Series:
    """One series. `tags` are sorted by key and hold no empty value; `kind` is one of `KINDS`.

    `id` is dense, never reused, and unique over all buckets of a storage.
    """

    id: int
    bucket_id: str
    measurement: str
    tags: Tags
    field: str
    kind: str
