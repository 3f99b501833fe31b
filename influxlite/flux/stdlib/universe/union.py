"""union: the tables of several streams."""

from influxlite.flux.execute.block import Tables, key_order, merge_same_keys, one_piece
from influxlite.flux.stdlib.registry import transformation


@transformation("(tables: [stream[A]]) => stream[A] where A: Record")
def union(tables: list[Tables]) -> Tables:
    """All tables of the streams; tables with one group key become one, with the columns of all.

    union(tables: [array.from(rows: [{a: 1}]), array.from(rows: [{a: 2}])])
    """
    whole = key_order(merge_same_keys([block for stream in tables for block in stream]))
    return one_piece(whole)
