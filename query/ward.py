"""A ward, asked from Python: one method a question, and Flux for anything else; every answer is a Polars frame.

    from query import Ward

    ward = Ward.connect()
    ward.breath_rate(mrn="5001", night="2026-01-10", every="5m")
    ward.flux('from(bucket: "telemetry") |> range(start: -1h) |> count()')

A frame's `.to_pandas()` and `.to_arrow()` give what those libraries hold. Times are in the ward's zone.
"""

import os
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ParamSpec, Self
from zoneinfo import ZoneInfo

import polars as pl

from query import coarser
from query.annotated_csv import Tables
from query.connection import Address, Connection
from query.errors import AnswerError, ParameterError
from query.night.bounds import night_bounds
from query.question import Column, question

Instant = datetime | date | timedelta | str
"""An instant: a datetime (without a zone in the ward's), a date (its midnight there), a timedelta from now, or text
such as 2026-01-10T22:00:00Z, 2026-01-10 22:00 in the ward's zone, now, or -6h."""
Night = date | str
"""The day on which a night begins: noon to noon in the ward's zone."""
Span = timedelta | str
"""A duration: a timedelta, or text such as 5m or 1h30m."""
Identifier = str | int
"""A room or an MRN; a whole number is taken as its digits."""

LOOK_EVERY = timedelta(minutes=1)
KINDS = {
    "string": pl.String(), "date": pl.Date(), "int": pl.Int64(), "uint": pl.UInt64(), "float": pl.Float64(),
    "bool": pl.Boolean(),
}  # fmt: skip
Arguments = ParamSpec("Arguments")


def documented(method: Callable[Arguments, pl.DataFrame]) -> Callable[Arguments, pl.DataFrame]:
    """Give a method the text of the question of its name, so that Python, command line and page read the same."""
    asked = question(method.__name__)
    columns = "\n".join(f"    {column.shown}: {column.type}  {column.meaning}" for column in asked.columns)
    method.__doc__ = f"{asked.title}.\n\n{asked.prose}\n\nColumns:\n\n{columns}\n"
    return method


class Ward:
    """Asks about one ward. Made by `Ward.connect`; close it, or use it as a context manager."""

    def __init__(self, connection: Connection, *, bucket: str = "telemetry", timezone: str = "UTC") -> None:
        """`bucket` holds the readings; `timezone` is the zone by whose noon nights change and in which times come."""
        self.connection = connection
        self.bucket = bucket
        self._looked: tuple[datetime, coarser.Stores] | None = None
        try:
            self.zone = ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise ParameterError(
                "timezone", f"there is no time zone {timezone!r}: name one such as Europe/Vienna"
            ) from None

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        token: str | None = None,
        org: str | None = None,
        *,
        bucket: str = "telemetry",
        timezone: str | None = None,
    ) -> "Ward":
        """The ward at that InfluxDB; nothing is asked yet.

        Without an address, INFLUXDB_V2_URL, _ORG and _TOKEN count, and without those the Bedside that runs from
        BEDSIDE_DATA, ./data or ./data-demo. The zone is BEDSIDE_TIMEZONE unless given; UTC, with a warning, without it.
        """
        zone = timezone or os.environ.get("BEDSIDE_TIMEZONE")
        if not zone:
            warnings.warn(
                "nights are noon to noon in UTC: give timezone=, or set BEDSIDE_TIMEZONE, for the ward's own",
                stacklevel=2,
            )
        return cls(Connection(Address.find(url, org, token)), bucket=bucket, timezone=zone or "UTC")

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def flux(self, flux: str) -> pl.DataFrame:
        """The answer to any query of one result, all its tables in one frame; what a table lacks is null there.

        AnswerError where there are several results, or a column has two types: `tables` gives those apart.
        """
        return self.frame(self.tables(flux))

    def tables(self, flux: str) -> list[Tables]:
        """The answer to any query, shape by shape: results, group keys and numbers of tables are kept; times in UTC."""
        return self.connection.ask(flux)

    def ask(self, name: str, **values: Any) -> pl.DataFrame:
        """The answer to a question by its name, with its columns as declared, `_time` as `time`.

        `night` stands for the `start` and `stop` of that night. ParameterError and UnknownQuestion say what is wrong.
        """
        frame = self.frame(self.tables(self.bind(name, **values)))
        columns = question(name).columns
        return frame.with_columns(self._column(frame, column) for column in columns).select(c.shown for c in columns)

    def bind(self, name: str, **values: Any) -> str:
        """The Flux that `ask` sends. For wide windows it is asked which coarser buckets there are (`coarser.py`)."""
        asked = question(name)
        names = {parameter.name for parameter in asked.parameters}
        given = {key: value for key, value in values.items() if value is not None}
        if "night" in given and "night" not in names and {"start", "stop"} <= names:
            if "start" in given or "stop" in given:
                raise ParameterError("night", f"{name}: give a night, or start and stop, not both")
            given["start"], given["stop"] = night_bounds(self._night(name, given.pop("night")), self.zone)
        for own, value in (("bucket", self.bucket), ("timezone", str(self.zone))):
            if own in names:
                given.setdefault(own, value)
        now = datetime.now(UTC)
        checked = asked.checked(given, timezone=str(self.zone), now=now)
        bounds = coarser.bounds(checked) if asked.coarse and "bucket" not in values else None
        if bounds is not None and coarser.may_answer(bounds[2]):
            pieces = coarser.pieces(self._stores(now), self.bucket, *bounds)
            if any(piece.coarse for piece in pieces):
                return asked.bind_pieces(checked, pieces)
        return asked.bind(given, timezone=str(self.zone), now=now)

    def _stores(self, now: datetime) -> coarser.Stores:
        """The coarser buckets beside the readings, looked for again now and then."""
        if self._looked is None or now - self._looked[0] > LOOK_EVERY:
            self._looked = (now, coarser.look(self.connection, self.bucket, now))
        return self._looked[1]

    def _night(self, name: str, night: Night) -> date:
        if isinstance(night, datetime):
            night = night.date()
        try:
            return night if isinstance(night, date) else date.fromisoformat(str(night))
        except ValueError:
            raise ParameterError("night", f"{name}: night must be the day it begins, such as 2026-01-10") from None

    def frame(self, tables: Iterable[Tables]) -> pl.DataFrame:
        """All tables of an answer in one frame, times in the ward's zone; AnswerError where they do not fit in one."""
        parts = list(tables)
        if len({part.result for part in parts}) > 1:
            raise AnswerError("the query yields several results: take them apart with tables()")
        frames = [part.frame.drop("table") for part in parts]
        try:
            frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
        except pl.exceptions.PolarsError as fault:
            raise AnswerError(f"the tables fit into no one frame ({fault}): take them apart with tables()") from None
        return frame.with_columns(pl.selectors.datetime().dt.convert_time_zone(str(self.zone)))

    def _column(self, frame: pl.DataFrame, column: Column) -> pl.Expr | pl.Series:
        """A declared column of a question's answer; null where nothing of the kind was stored."""
        kind = KINDS.get(column.type) or pl.Datetime("ms", str(self.zone))
        if column.name not in frame.columns:
            return pl.lit(None, kind).alias(column.shown) if frame.width else pl.Series(column.shown, [], kind)
        value = pl.col(column.name)
        return (value.str.to_date("%Y-%m-%d") if kind == pl.Date() else value.cast(kind)).alias(column.shown)

    # One method a question, in the order of their names; `documented` gives each its question's text.

    @documented
    def adherence(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        interval: Span | None = None,
    ) -> pl.DataFrame:
        """Nights of four hours or more, counted over 30 nights."""
        return self.ask("adherence", mrn=mrn, night=night, start=start, stop=stop, interval=interval)

    @documented
    def apneas_last_hour(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Apneas of the last hour by room."""
        return self.ask("apneas_last_hour", night=night, start=start, stop=stop)

    @documented
    def apneas_per_hour(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Apneas of a patient by hour."""
        return self.ask("apneas_per_hour", mrn=mrn, night=night, start=start, stop=stop, every=every)

    @documented
    def breath_rate(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Breath rate of a patient by window."""
        return self.ask("breath_rate", mrn=mrn, night=night, start=start, stop=stop, every=every)

    @documented
    def cohort(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        rooms: Iterable[Identifier] | None = None,
    ) -> pl.DataFrame:
        """A set of rooms, patient by patient."""
        return self.ask("cohort", night=night, start=start, stop=stop, rooms=rooms)

    @documented
    def flow_images(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Flow images of a patient."""
        return self.ask("flow_images", mrn=mrn, night=night, start=start, stop=stop)

    @documented
    def last_readings(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Last reading of every room."""
        return self.ask("last_readings", night=night, start=start, stop=stop)

    @documented
    def leak(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Leak of a patient by window."""
        return self.ask("leak", mrn=mrn, night=night, start=start, stop=stop, every=every)

    @documented
    def leak_over_threshold(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        threshold: float | None = None,
        every: Span | None = None,
        interval: Span | None = None,
    ) -> pl.DataFrame:
        """How long a patient's mask leaked more than a threshold."""
        return self.ask(
            "leak_over_threshold",
            mrn=mrn,
            night=night,
            start=start,
            stop=stop,
            threshold=threshold,
            every=every,
            interval=interval,
        )

    @documented
    def night_summary(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        interval: Span | None = None,
        large_leak: float | None = None,
    ) -> pl.DataFrame:
        """Figures of one night of a patient."""
        return self.ask(
            "night_summary", mrn=mrn, night=night, start=start, stop=stop, interval=interval, large_leak=large_leak
        )

    @documented
    def nights(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        interval: Span | None = None,
    ) -> pl.DataFrame:
        """Nights of a patient."""
        return self.ask("nights", mrn=mrn, night=night, start=start, stop=stop, interval=interval)

    @documented
    def nights_compared(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        field: str | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Nights of a patient side by side."""
        return self.ask("nights_compared", mrn=mrn, night=night, start=start, stop=stop, field=field, every=every)

    @documented
    def occupied_since(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Who lies where, and since when."""
        return self.ask("occupied_since", night=night, start=start, stop=stop)

    @documented
    def patient_stays(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Stays of a patient."""
        return self.ask("patient_stays", mrn=mrn, night=night, start=start, stop=stop)

    @documented
    def pressure(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Mask pressure of a patient by window."""
        return self.ask("pressure", mrn=mrn, night=night, start=start, stop=stop, every=every)

    @documented
    def quiet_rooms(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        rooms: Iterable[Identifier] | None = None,
        silence: Span | None = None,
    ) -> pl.DataFrame:
        """Rooms that are quiet."""
        return self.ask("quiet_rooms", night=night, start=start, stop=stop, rooms=rooms, silence=silence)

    @documented
    def readings(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Readings of a patient, as they came."""
        return self.ask("readings", mrn=mrn, night=night, start=start, stop=stop)

    @documented
    def recorded_nights(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Nights with readings of a patient."""
        return self.ask("recorded_nights", mrn=mrn, night=night, start=start, stop=stop)

    @documented
    def room_history(
        self,
        *,
        room: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        field: str | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """One measurement of a room across patients."""
        return self.ask("room_history", room=room, night=night, start=start, stop=stop, field=field, every=every)

    @documented
    def room_stays(
        self,
        *,
        room: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Stays of a room."""
        return self.ask("room_stays", room=room, night=night, start=start, stop=stop)

    @documented
    def spo2(
        self,
        *,
        mrn: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        every: Span | None = None,
    ) -> pl.DataFrame:
        """Oxygen saturation of a patient by window."""
        return self.ask("spo2", mrn=mrn, night=night, start=start, stop=stop, every=every)

    @documented
    def turnovers(
        self,
        *,
        room: Identifier,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Who came and who left in a room."""
        return self.ask("turnovers", room=room, night=night, start=start, stop=stop)

    @documented
    def ward_board(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        stays_start: Instant | None = None,
        silence: Span | None = None,
        many_apneas: int | None = None,
        low_spo2: float | None = None,
        slow_breath: float | None = None,
        fast_breath: float | None = None,
        large_leak: float | None = None,
    ) -> pl.DataFrame:
        """Every room of the ward at a glance, worst first."""
        return self.ask(
            "ward_board",
            night=night,
            start=start,
            stop=stop,
            stays_start=stays_start,
            silence=silence,
            many_apneas=many_apneas,
            low_spo2=low_spo2,
            slow_breath=slow_breath,
            fast_breath=fast_breath,
            large_leak=large_leak,
        )

    @documented
    def ward_readings(
        self,
        *,
        night: Night | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
    ) -> pl.DataFrame:
        """Readings of the whole ward, as they came."""
        return self.ask("ward_readings", night=night, start=start, stop=stop)
