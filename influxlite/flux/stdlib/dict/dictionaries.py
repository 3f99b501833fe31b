"""dict.fromList, get, insert, remove: dictionaries are never changed, only made anew."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Dict, Record, is_null


def _key(key: Any) -> Any:
    """A key that may be put into a dictionary; FluxError for null."""
    if is_null(key):
        raise invalid("null value cannot be used as a dictionary key")
    return key


@function("(pairs: [{key: K, value: V}]) => [K:V] where K: Comparable")
def from_list(pairs: list[Record]) -> Dict:
    """A dictionary out of records of key and value; of equal keys the last counts.

    import "dict"
    array.from(rows: [{v: dict.get(dict: dict.fromList(pairs: [{key: 1, value: "a"}]), key: 1, default: "")}])
    """
    return Dict({_key(pair["key"]): pair["value"] for pair in pairs})


@function("(dict: [K:V], key: K, default: V) => V where K: Comparable", pure=False)
def get(dict: Dict, key: Any, default: Any) -> Any:  # noqa: A002 - Flux's name
    """The value of `key`, or `default`.

    import "dict"
    array.from(rows: [{v: dict.get(dict: ["a": 1], key: "a", default: 0)}])
    """
    return default if is_null(key) else dict.entries.get(key, default)


@function("(dict: [K:V], key: K, value: V) => [K:V] where K: Comparable")
def insert(dict: Dict, key: Any, value: Any) -> Dict:  # noqa: A002
    """The dictionary with a value added or replaced.

    import "dict"
    array.from(rows: [{v: dict.get(dict: dict.insert(dict: ["a": 1], key: "b", value: 2), key: "b", default: 0)}])
    """
    return Dict({**dict.entries, _key(key): value})


@function("(dict: [K:V], key: K) => [K:V] where K: Comparable")
def remove(dict: Dict, key: Any) -> Dict:  # noqa: A002
    """The dictionary without `key`.

    import "dict"
    array.from(rows: [{v: dict.get(dict: dict.remove(dict: ["a": 1], key: "a"), key: "a", default: 0)}])
    """
    return Dict({k: v for k, v in dict.entries.items() if k != key})
