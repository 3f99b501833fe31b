"""The short way through `accept`: it leaves what the long way would have left."""

import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from ingest import accept as accepting
from ingest.accept import Rules, accept
from ingest.database import driver, metadata
from ingest.errors import Problem
from ingest.incoming import Incoming
from ingest.state import Known
from ingest.transaction import Group, Transaction

NOW_MS = 1_767_000_000_000
RULES = Rules(True, 3, 100, 10**9, lambda now_ms: now_ms - 10 * 60_000, lambda text: text.encode())

readings = st.builds(
    lambda room, mrn, minute, fields, name, device, ahead: Incoming(
        room,
        mrn,
        None if minute is None else NOW_MS + minute * 60_000,
        fields or ("" if name else "spo2=95.0"),
        name,
        device,
        None if ahead is None else NOW_MS + ahead,
    ),
    st.sampled_from("1234"),
    st.sampled_from("ab"),
    st.none() | st.integers(-12, 6),
    st.sampled_from(["", "spo2=95.0", "spo2=94.0", "mask_on=true"]),
    st.sampled_from([None, None, None, "Ada"]),
    st.sampled_from([None, "d", "e"]),
    st.sampled_from([None, None, None, 0, 60_000]),
)


def outcome(groups: list[list[Incoming]]) -> tuple[list[Any], list[list[Any]]]:
    """The answers to these readings, a list for each commit, and what is in the database then."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        db: sqlite3.Connection = driver(connection)
        db.isolation_level = None
        known, answers = Known(), []
        for group_of_readings in groups:
            db.execute("BEGIN IMMEDIATE")
            group = Group(db, known)
            group.now_ms = NOW_MS
            for reading in group_of_readings:
                tx = Transaction(group)
                try:
                    answers.append(accept(tx, reading, RULES))
                except Problem as problem:
                    tx.undo()
                    answers.append(problem.slug)
                else:
                    tx.merge()
            group.flush()
            db.execute("COMMIT")
            group.committed()
        return answers, [db.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(metadata.tables)]


@given(st.lists(st.lists(readings, min_size=1, max_size=6), min_size=1, max_size=4))
def test_the_short_way_leaves_what_the_long_way_leaves(groups: list[list[Incoming]]) -> None:
    """Whatever came before: the same answers, stays, receipts, lines and names."""
    short = outcome(groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accepting, "_next", lambda _tx, _room, _reading, _rules: None)
        assert outcome(groups) == short


def test_a_reading_that_follows_goes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next minute of the patient who lies there takes the short way, or the comparison would say nothing."""
    taken: list[Incoming] = []

    def noting(tx: Transaction, room: Any, reading: Incoming, rules: Rules) -> Any:
        answer = following(tx, room, reading, rules)
        if answer is not None:
            taken.append(reading)
        return answer

    following = accepting._next
    monkeypatch.setattr(accepting, "_next", noting)
    first, second = (Incoming("1", "a", NOW_MS + minute * 60_000, "spo2=95.0") for minute in (0, 1))
    outcome([[first], [second]])
    assert taken == [second]
