"""The pipeline's own state as points, so that dashboards and alert rules see it where they see the readings.

Every `pulse_interval_s` one point of measurement `bedside` without tags holds what `/metrics` shows: counters and
gauges, labels summed up, and the ward's time zone, in which dashboards lay their nights. A device whose clock is wrong
is a point of its own, with the tag `device`. No room, no MRN and no name is among them.

They have a bucket of their own, `…-pipeline` beside that of the readings: what is kept of patients is theirs alone, and
for as long as the ward decides. It is made where it is missing, before the server says that it is ready, and keeps
`KEPT_S`; where it goes missing later it is made again.

It goes past the outbox: what the pipeline was doing a minute ago is worth nothing once InfluxDB has been away, and the
age of the outbox tells of that afterwards. A write that fails is left out.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ingest.clock import now_ms
from ingest.metrics import Metrics
from ingest.settings import IngestSettings
from ingest.skew import TOLERATED_MS

COUNTERS = (
    "readings_accepted", "readings_duplicate", "readings_rejected", "readings_late", "readings_mismatch",
    "readings_unexpected_mrn", "room_moves", "forwarded_lines", "quarantined_lines", "forward_errors", "commits",
)  # fmt: skip
GAUGES = {
    "outbox_lines": "outbox_lines",
    "outbox_oldest_seconds": "outbox_oldest_s",
    "forwarding_lag_seconds": "forwarding_lag_s",
    "queue_readings": "queue_readings",
    "quarantine_lines": "quarantine_lines",
    "room_flapping": "rooms_flapping",
}
WHOLE = ("outbox_lines", "queue_readings", "quarantine_lines", "rooms_flapping")
MOST_DEVICES = 200
FIRST_TRIES_S = 0.1
LONGEST_WRITE_S = 2.0  # a stop waits for it
KEPT_S = 400 * 86_400
_MILLISECONDS: Any = "ms"


class Pulse:
    """One thread that writes the state until it is stopped.

    `trouble` says why whoever asks for it would find no bucket yet, None from when InfluxDB has first made or refused
    it, or was too slow to: nothing else waits for a state that is told when there is time.
    """

    def __init__(self, settings: IngestSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self.trouble: str | None = f"the bucket {settings.pipeline_bucket} is not there yet"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the write that is under way."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        settings = self._settings
        with InfluxDBClient(
            settings.target_url,
            settings.target_token or "",
            org=settings.influx_org,
            timeout=int(min(settings.influx_timeout_s, LONGEST_WRITE_S) * 1000),
        ) as client:
            api, bucket = client.write_api(write_options=SYNCHRONOUS), settings.pipeline_bucket
            there, pause_s = False, 0.0
            while not self._stopping.wait(pause_s):
                with contextlib.suppress(InfluxDBError, HTTPError, OSError):
                    try:
                        if not there:
                            self._make_bucket(client)
                        there, self.trouble = True, None
                        lines = points(self._metrics, settings.timezone, now_ms())
                        api.write(bucket, settings.influx_org, lines, write_precision=_MILLISECONDS)
                    except ApiException as problem:
                        there = there and problem.status != 404
                    except ReadTimeoutError:
                        self.trouble = None
                pause_s = FIRST_TRIES_S if self.trouble else settings.pulse_interval_s

    def _make_bucket(self, client: InfluxDBClient) -> None:
        """Make the bucket where it is missing; where the token may not, whoever runs the InfluxDB does.

        Raises what is InfluxDB's own fault (5xx) or no answer: then it is tried again.
        """
        name, buckets = self._settings.pipeline_bucket, client.buckets_api()
        with _refusals_are_left():
            if buckets.find_buckets(name=name, org=self._settings.influx_org).buckets:
                return
        rule = BucketRetentionRules(type="expire", every_seconds=KEPT_S)
        with _refusals_are_left():
            buckets.create_bucket(bucket_name=name, org=self._settings.influx_org, retention_rules=rule)


@contextlib.contextmanager
def _refusals_are_left() -> Iterator[None]:
    try:
        yield
    except ApiException as problem:
        if (problem.status or 500) >= 500:
            raise


def points(metrics: Metrics, timezone: str, at_ms: int) -> list[str]:
    """The state at that instant in line protocol: the server's own line, then one for each device that is off."""
    sums: dict[str, float] = {}
    skews: list[tuple[float, str]] = []
    for family in metrics.registry.collect():
        for sample in family.samples:
            name = sample.name.removeprefix("bedside_")
            if name == "device_skew_seconds":
                skews.append((sample.value, sample.labels["device"]))
            else:
                sums[name] = sums.get(name, 0.0) + sample.value
    fields = [f"{name}={int(sums.get(f'{name}_total', 0))}i" for name in COUNTERS]
    for name, field in GAUGES.items():
        value = sums.get(name, 0.0)
        fields.append(f"{field}={int(value)}i" if field in WHOLE else f"{field}={value!r}")
    fields.append(f'timezone="{timezone}"')
    off = sorted((skew for skew in skews if abs(skew[0]) * 1000 > TOLERATED_MS), key=lambda skew: -abs(skew[0]))
    return [
        f"bedside {','.join(fields)} {at_ms}",
        *(f"bedside,device={_tag(device)} skew_s={seconds!r} {at_ms}" for seconds, device in off[:MOST_DEVICES]),
    ]


def _tag(text: str) -> str:
    """A tag's value with what means something in line protocol escaped: a device may be a token's name."""
    text = text.replace("\\", "_")  # a backslash at the end would join the tag with what follows
    for character in ",= ":
        text = text.replace(character, f"\\{character}")
    return text
