"""Readings stay as long as is said, coarser points of them for good, and questions answer the same from both."""

import json
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from bedside.commands import retention as command
from bedside.keep import downsampling, points
from bedside.keep.backup import backup
from bedside.keep.influx import Buckets, retention_s
from bedside.keep.restore import restore
from query import Address, Connection, Ward
from query.coarser import Coarser, Stores, pieces
from tests.bedside.keeping import buckets_like, family, settings_on, silent
from tests.influx_servers import Influx
from tests.ingest.conftest import start_ward

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
"""The day that runs are for: the one before today, so that all of it is over."""
FIRST = TODAY - 3 * DAY
FIELDS = ("breath_rate", "cpap_pressure", "leak_rate", "spo2")
Reading = tuple[datetime, str, str, dict[str, float | int | bool]]


def readings(start: datetime, hours: int, seed: int = 7) -> list[Reading]:
    """A patient in two rooms and another, with gaps, at odd seconds, some without some fields."""
    chance = random.Random(seed)
    found = []
    for minute in range(hours * 60):
        for mrn, room in (("5001", "101" if minute % 240 < 200 else "102"), ("5002", "103")):
            if chance.random() < 0.15:
                continue
            at = start + minute * MINUTE + timedelta(milliseconds=chance.randrange(50_000))
            fields: dict[str, float | int | bool] = {
                "breath_rate": chance.randrange(80, 220) / 10,
                "cpap_pressure": chance.randrange(40, 150) / 10,
                "leak_rate": chance.randrange(0, 400) / 10,
                "apnea_count": chance.randrange(0, 3),
                "mask_on": chance.random() < 0.8,
            }
            if chance.random() < 0.9:
                fields["spo2"] = float(chance.randrange(85, 100))
            found.append((at, room, mrn, fields))
    return found


def lines(found: list[Reading]) -> str:
    """Readings as line protocol in milliseconds."""
    told = []
    for at, room, mrn, fields in found:
        cells = [
            f"{name}={str(value).lower()}"
            if not isinstance(value, int) or isinstance(value, bool)
            else f"{name}={value}i"
            for name, value in fields.items()
        ]
        told.append(f"cpap,mrn={mrn},room={room} {','.join(cells)} {round(at.timestamp() * 1000)}")
    return "\n".join(told)


@contextmanager
def two_days(influx: Influx) -> Iterator[str]:
    """A bucket with two days of readings, whose coarser buckets and tasks are taken away afterwards."""
    with family(influx) as name:
        assert influx.write(name, lines(readings(FIRST, 48)), "ms").status_code == 204
        try:
            yield name
        finally:
            forget_tasks(influx, name)


def forget_tasks(influx: Influx, bucket: str) -> None:
    """Take the tasks of a bucket away."""
    with Buckets(Address(influx.url, influx.org, influx.token)) as buckets:
        for task in downsampling.tasks(buckets, bucket).values():
            influx.request("DELETE", f"/api/v2/tasks/{task.id}")


@pytest.fixture
def bucket(influx: Influx) -> Iterator[str]:
    """A bucket with two days of readings."""
    with two_days(influx) as name:
        yield name


@pytest.fixture(scope="session")
def buckets(influx: Influx) -> Iterator[Buckets]:
    """The buckets of that InfluxDB."""
    with Buckets(Address(influx.url, influx.org, influx.token)) as found:
        yield found


@pytest.fixture
def made(buckets: Buckets, bucket: str) -> str:
    """The bucket with coarser ones beside it that are complete."""
    downsampling.ensure(buckets, bucket, 0)
    assert downsampling.catch_up(buckets, bucket, 0, silent) == 2
    return bucket


@pytest.fixture(scope="module")
def complete(influx: Influx, buckets: Buckets) -> Iterator[str]:
    """The same, for tests that only ask."""
    with two_days(influx) as name:
        downsampling.ensure(buckets, name, 0)
        downsampling.catch_up(buckets, name, 0, silent)
        yield name


def asking(influx: Influx, bucket: str) -> Ward:
    """A ward to ask."""
    return Ward(Connection(Address(influx.url, influx.org, influx.token)), bucket=bucket)


def coarse(buckets: Buckets, name: str) -> list[dict[str, Any]]:
    """The coarser points as rows."""
    ward = Ward(buckets.connection, bucket=name)
    flux = f"""{points.between(name, points.EARLIEST_NS, points.LATEST_NS)}
        |> filter(fn: (r) => r._measurement == "cpap")
        |> pivot(rowKey: ["_time", "room", "mrn"], columnKey: ["_field"], valueColumn: "_value") |> group()"""
    return ward.flux(flux).to_dicts()


def expected(found: list[Reading], width: timedelta) -> dict[tuple[datetime, str, str], dict[str, Any]]:
    """What docs/keep.md says of each window, computed over the readings one by one."""
    groups: dict[tuple[datetime, str, str], list[Reading]] = {}
    for reading in sorted(found):
        at = reading[0]
        begin = at - (at - datetime(1970, 1, 1, tzinfo=UTC)) % width
        groups.setdefault((begin, reading[1], reading[2]), []).append(reading)
    points_of = {}
    for key, group in groups.items():
        point: dict[str, Any] = {}
        for name in (*FIELDS, "apnea_count", "mask_on"):
            values = [fields[name] for _, _, _, fields in group if name in fields]
            if not values:
                continue
            point[f"{name}_n"] = len(values)
            if name in FIELDS:
                point |= {name: statistics.fmean(values), f"{name}_min": min(values), f"{name}_max": max(values)}
            elif name == "apnea_count":
                point[name] = sum(values)
            else:
                point |= {name: values[-1], "mask_on_share": sum(values) / len(values)}
        points_of[key] = point
    return points_of


@pytest.mark.parametrize(("ending", "width"), [("_5m", 5 * MINUTE), ("_1h", HOUR)])
def test_a_coarser_point_is_what_the_docs_say(buckets: Buckets, complete: str, ending: str, width: timedelta) -> None:
    """Means, extremes, sums, the mask's share and last, and how many readings: as computed one by one."""
    wanted = expected(readings(FIRST, 48), width)
    found = coarse(buckets, complete + ending)
    assert len(found) == len(wanted) > 50
    for row in found:
        point = wanted[row["_time"].astimezone(UTC), row["room"], row["mrn"]]
        told = {name: value for name, value in row.items() if name[0] != "_" and name not in ("room", "mrn")}
        assert {name for name, value in told.items() if value is not None} == set(point)
        for name, value in point.items():
            assert told[name] == pytest.approx(value, rel=1e-12), name


def test_doing_it_again_changes_nothing(buckets: Buckets, made: str) -> None:
    """Buckets, tasks and points are the same after a second and a forced run."""
    before = {task.id: task.flux for task in downsampling.tasks(buckets, made).values()}, coarse(buckets, f"{made}_1h")
    downsampling.ensure(buckets, made, 0)
    assert downsampling.catch_up(buckets, made, 0, silent) == 0
    assert downsampling.catch_up(buckets, made, 0, silent, again=True) == 2
    after = {task.id: task.flux for task in downsampling.tasks(buckets, made).values()}, coarse(buckets, f"{made}_1h")
    assert before[0] == after[0]
    assert_frame_equal(pl.DataFrame(before[1]), pl.DataFrame(after[1]), rel_tol=1e-12)
    assert len(before[0]) == 4


def run(influx: Influx, buckets: Buckets, name: str, scheduled: datetime) -> None:
    """Let a task run for an instant, and wait until it has."""
    (task,) = buckets.client.tasks_api().find_tasks(name=name)
    path, body = f"/api/v2/tasks/{task.id}/runs", {"scheduledFor": scheduled.isoformat().replace("+00:00", "Z")}
    made = influx.request("POST", path, json=body).json()
    while (told := influx.request("GET", f"{path}/{made['id']}").json()).get("status") not in ("success", "failed"):
        time.sleep(0.05)
    assert told["status"] == "success", influx.request("GET", f"{path}/{made['id']}/logs").text


def test_a_task_does_the_newest_windows_again(influx: Influx, buckets: Buckets, made: str) -> None:
    """A run makes the windows before its instant, those of readings that came a little late included."""
    evening = TODAY - DAY + 20 * HOUR
    new = readings(evening - HOUR, 1, seed=3)
    assert influx.write(made, lines(new[: len(new) // 2]), "ms").status_code == 204
    run(influx, buckets, f"bedside {made}_5m", evening)
    assert influx.write(made, lines(new[len(new) // 2 :]), "ms").status_code == 204
    run(influx, buckets, f"bedside {made}_5m", evening)
    run(influx, buckets, f"bedside {made}_1h", evening)
    for ending, width in (("_5m", 5 * MINUTE), ("_1h", HOUR)):
        wanted = expected(new, width)
        found = {
            (row["_time"].astimezone(UTC), row["room"], row["mrn"]): row["apnea_count_n"]
            for row in coarse(buckets, made + ending)
            if row["_time"] >= evening - HOUR
        }
        assert found == {key: point["apnea_count_n"] for key, point in wanted.items()}


def test_readings_that_come_days_late_are_picked_up(influx: Influx, buckets: Buckets, made: str) -> None:
    """The task that looks for days with more readings than their points stand for does those days again."""
    late = [(FIRST - 5 * DAY + k * MINUTE, "9", "late", {"apnea_count": 1, "spo2": 91.0}) for k in range(90)]
    late += [(TODAY + k * MINUTE, "9", "late", {"apnea_count": 1, "spo2": 93.0}) for k in range(60)]
    late += [(FIRST + HOUR + k * MINUTE, "9", "late", {"apnea_count": 1, "spo2": 92.0}) for k in range(90)]
    assert influx.write(made, lines(late), "ms").status_code == 204
    now = TODAY + HOUR
    downsampling.ensure(buckets, made, 14 * 86_400)
    for ending in ("_5m", "_1h"):
        for _ in range(3):  # the first day that lacks some and two days on, the next three, and today
            run(influx, buckets, f"bedside {made}{ending} late", now)
        rows = [row for row in coarse(buckets, made + ending) if row["mrn"] == "late"]
        assert sum(row["apnea_count"] for row in rows) == len(late)
    run(influx, buckets, f"bedside {made}_1h late", now)
    with asking(influx, made) as ward:
        frame = ward.apneas_per_hour(mrn="late", start=FIRST - 6 * DAY, stop=TODAY + HOUR, every="1h")
    assert frame["apneas"].sum() == len(late)


QUESTIONS = [
    ("breath_rate", {"mrn": "5001"}),
    ("leak", {"mrn": "5002"}),
    ("pressure", {"mrn": "5001"}),
    ("spo2", {"mrn": "5001"}),
    ("apneas_per_hour", {"mrn": "5001"}),
    ("room_history", {"room": "101", "field": "leak_rate"}),
]


@pytest.mark.parametrize(("name", "values"), QUESTIONS)
def test_questions_answer_the_same_from_coarser_points(
    influx: Influx, complete: str, name: str, values: dict[str, Any]
) -> None:
    """Whole windows from the coarser bucket, the ends from readings: the same rows as from readings alone."""
    with asking(influx, complete) as ward:
        for every in ("5m", "15m", "1h", "6h", "7m", "1d"):
            bounds = {"start": FIRST + 7 * MINUTE, "stop": FIRST + 40 * HOUR + 13 * MINUTE, "every": every}
            flux = ward.bind(name, **values, **bounds)
            wanted = {"5m": "_5m", "15m": "_5m", "1h": "_1h", "6h": "_1h", "7m": "", "1d": ""}[every]
            assert [ending for ending in ("_5m", "_1h") if f'"{complete}{ending}"' in flux] == (
                [wanted] if wanted else []
            )
            from_both = ward.ask(name, **values, **bounds)
            from_readings = ward.ask(name, **values, **bounds, bucket=complete)
            keys = [column for column in ("time", "mrn") if column in from_both.columns]
            assert len(from_both) > 1
            assert_frame_equal(from_both.sort(keys), from_readings.sort(keys), rel_tol=1e-12)


def test_questions_answer_when_the_readings_are_gone(influx: Influx, buckets: Buckets, made: str) -> None:
    """After the readings have been deleted for their age, hourly and five-minute answers are as before."""
    bounds = {"start": FIRST, "stop": FIRST + 48 * HOUR}
    with asking(influx, made) as ward:
        before = [ward.breath_rate(mrn="5002", every=every, **bounds) for every in ("5m", "1h")]
    buckets.keep(buckets.all()[made], 3_600)
    body = {"start": "2000-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"}
    parameters = {"org": influx.org, "bucket": made}
    assert influx.request("POST", "/api/v2/delete", params=parameters, json=body).status_code == 204
    with asking(influx, made) as ward:
        after = [ward.breath_rate(mrn="5002", every=every, **bounds) for every in ("5m", "1h")]
    for one, other in zip(before, after, strict=True):
        assert_frame_equal(one, other, rel_tol=1e-12)


def test_a_range_is_cut_where_windows_begin() -> None:
    """Pieces follow one another without a gap, whole windows alone are coarse, and only what is complete."""
    stores = Stores((Coarser("b_1h", 60, 1_000), Coarser("b_5m", 5, 1_200)))
    assert [(p.bucket, p.start, p.stop) for p in pieces(stores, "b", 7, 1_300, 60)] == [
        ("b", 7, 60),
        ("b_5m", 60, 1_200),
        ("b", 1_200, 1_300),
    ]
    for every in (5, 7, 10, 60, 120):
        for start, stop in ((0, 50), (3, 999), (61, 63), (900, 5_000), (1_190, 1_290)):
            found = pieces(stores, "b", start, stop, every)
            assert [found[0].start, found[-1].stop] == [start, stop]
            assert all(one.stop == other.start for one, other in pairwise(found))
            for piece in found:
                if piece.coarse:
                    assert piece.start % every == piece.stop % every == 0
                    assert piece.stop <= 1_200
    gone = Stores((Coarser("b_5m", 5, 0),), kept_from=603)
    assert [(p.bucket, p.start, p.stop) for p in pieces(gone, "b", 7, 1_000, 60)] == [
        ("b_5m", 10, 660),
        ("b", 660, 1_000),
    ]


def test_the_command_sets_shows_and_asks(
    influx: Influx, bucket: str, buckets: Buckets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`bedside retention --raw` makes everything and sets the bucket; where readings would go, it asks first."""
    settings = settings_on(tmp_path, influx, bucket)
    monkeypatch.setattr(command, "settings_of", lambda _data: settings)
    old = lines(readings(TODAY - 30 * DAY, 1))
    assert influx.write(bucket, old, "ms").status_code == 204

    def ask(*arguments: str, **more: Any) -> Any:
        return CliRunner().invoke(command.retention, arguments, **more)

    assert "There are no coarser points" in ask("--show").output
    assert ask("--raw", "3d").exit_code == 2
    refused = ask("--raw", "14d", input="n\n")
    assert refused.exit_code != 0
    assert "values are older than 14 days" in refused.output
    assert buckets_like(influx, bucket) == [bucket]
    told = ask("--raw", "14d", input="y\n")
    assert told.exit_code == 0, told.output
    assert "Coarser points were made of 3 days" in told.output
    assert retention_s(buckets.all()[bucket]) == 14 * 86_400
    shown = json.loads(ask("--json").output)
    assert shown["buckets"] == {bucket: 14 * 86_400, f"{bucket}_1h": 0, f"{bucket}_5m": 0}
    assert [task["name"].removeprefix(f"bedside {bucket}") for task in shown["tasks"]] == [
        "_1h", "_1h late", "_5m", "_5m late",
    ]  # fmt: skip
    assert {task["status"] for task in shown["tasks"]} == {"active"}
    with asking(influx, bucket) as ward:
        bounds = {"start": TODAY - 31 * DAY, "stop": TODAY}
        assert len(ward.breath_rate(mrn="5001", every="1h", **bounds).filter(pl.col("time") < TODAY - 20 * DAY)) == 1
    assert ask("--raw", "14d").exit_code == 0  # nobody is asked: nothing goes
    assert ask("--raw", "forever").exit_code == 0
    assert retention_s(buckets.all()[bucket]) == 0


def test_ingest_refuses_what_would_not_be_kept(influx: Influx, buckets: Buckets, tmp_path: Path) -> None:
    """The API learns how long the bucket keeps readings, and refuses older ones with too-old."""
    with influx.bucket(retention_s=14 * 86_400) as bucket:
        told = {"influx_url": influx.url, "influx_org": influx.org, "influx_v2_token": influx.token}
        ward = start_ward(tmp_path, bucket=bucket, **told)
        try:
            while ward.service.forwarder.trouble is not None:
                time.sleep(0.02)
            body = {"room": 1, "mrn": 7, "spo2": 95, "time": (TODAY - 15 * DAY).isoformat()}
            answer = ward.read(body)
        finally:
            ward.stop()
            influx.drop_bucket(f"{bucket}-pipeline")
    assert (answer.status_code, answer.json()["type"]) == (422, "too-old")


def test_a_restore_brings_tasks_and_retention_back(influx: Influx, buckets: Buckets, tmp_path: Path) -> None:
    """Readings that are older than they are kept elsewhere come back, are counted, and the tasks are there again."""
    with family(influx) as bucket, family(influx) as other:
        data = tmp_path / "data"
        ward = start_ward(
            data, bucket=bucket, influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token
        )
        ward.stop()
        assert influx.write(bucket, lines(readings(FIRST, 3)), "ms").status_code == 204
        downsampling.ensure(buckets, bucket, 14 * 86_400)
        downsampling.catch_up(buckets, bucket, 14 * 86_400, silent)
        buckets.keep(buckets.all()[bucket], 14 * 86_400)
        archive = backup(settings_on(data, influx, bucket), tmp_path / "ward.tar", silent).path
        restore(settings_on(tmp_path / "new", influx, other), archive, silent)
        try:
            assert retention_s(buckets.all()[other]) == 14 * 86_400
            assert len(downsampling.tasks(buckets, other)) == 4
            assert coarse(buckets, f"{other}_5m") == coarse(buckets, f"{bucket}_5m") != []
        finally:
            forget_tasks(influx, bucket)
            forget_tasks(influx, other)


def test_a_patient_who_is_forgotten_is_gone_from_coarser_points(influx: Influx, tmp_path: Path) -> None:
    """`forget` reaches the coarser buckets, too: no point names the patient afterwards."""
    with family(influx) as bucket:
        ward = start_ward(
            tmp_path, bucket=bucket, influx_url=influx.url, influx_org=influx.org, influx_v2_token=influx.token
        )
        try:
            assert influx.write(bucket, lines(readings(FIRST, 2)), "ms").status_code == 204
            with Buckets(Address(influx.url, influx.org, influx.token)) as buckets, closing(buckets.connection):
                for grain in downsampling.GRAINS:
                    buckets.make(bucket + grain.ending, 0)
                downsampling.catch_up(buckets, bucket, 0, silent)
                answer = ward.call("DELETE", "/v1/patients/5001", role="admin").json()
                assert answer["left"] == {bucket: 0, f"{bucket}_1h": 0, f"{bucket}_5m": 0}
                assert {row["mrn"] for row in coarse(buckets, f"{bucket}_5m")} == {"5002"}
        finally:
            ward.stop()
