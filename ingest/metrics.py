"""The server's own figures for Prometheus; `docs/metrics.md` explains each. No label ever holds an MRN or a name."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest.clock import now_ms
from ingest.state import Known, is_flapping


class Metrics:
    """One server's registry: counters that the parts raise, and gauges that are read when asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, labels: Iterable[str] = ()) -> Counter:
            return Counter(f"bedside_{name}", text, labels, registry=self.registry)

        self.accepted = counter("readings_accepted", "Readings accepted that were new.")
        self.duplicate = counter("readings_duplicate", "Readings that were known already.")
        self.rejected = counter("readings_rejected", "Readings refused, by the type of the problem.", ["reason"])
        self.moves = counter("room_moves", "Times that a reading turned a room over.")
        self.late = counter("readings_late", "Readings accepted that were late.")
        self.mismatch = counter("readings_mismatch", "Late readings that name another patient than the stays.")
        self.unexpected = counter("readings_unexpected_mrn", "Readings that name another patient (turnover adt).")
        self.forwarded = counter("forwarded_lines", "Lines that InfluxDB has taken.")
        self.quarantined = counter("quarantined_lines", "Lines that InfluxDB refused for good.")
        self.forward_errors = counter("forward_errors", "Writes to InfluxDB that failed, by status or kind.", ["kind"])
        self.commits = counter("commits", "Transactions committed.")
        self.requests = counter("http_requests", "Requests by route template and status.", ["route", "status"])
        self.seconds = Histogram(
            "bedside_http_request_seconds",
            "Time to answer, by route template.",
            ["route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.lag = Gauge(
            "bedside_forwarding_lag_seconds",
            "From acceptance to InfluxDB, of the oldest line of the last write.",
            registry=self.registry,
        )
        self._by_name = {
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "moves": self.moves,
            "late": self.late,
            "mismatch": self.mismatch,
            "unexpected_mrn": self.unexpected,
            "forwarded": self.forwarded,
            "quarantined": self.quarantined,
        }

    def count(self, counts: dict[tuple[str, str], int]) -> None:
        """What one commit counted: (metric, label) → by how much."""
        self.commits.inc()
        for (name, label), by in counts.items():
            (self.rejected.labels(label) if name == "rejected" else self._by_name[name]).inc(by)

    def watch(
        self,
        known: Known,
        waiting: Callable[[], int],
        oldest_ms: Callable[[], int | None],
        quarantined: Callable[[], int],
    ) -> None:
        """Show what is read when asked for: rooms, devices, the outbox, the queue and the quarantine."""
        self.registry.register(_Gauges(known, waiting, oldest_ms, quarantined))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _Gauges(Collector):
    def __init__(
        self,
        known: Known,
        waiting: Callable[[], int],
        oldest_ms: Callable[[], int | None],
        quarantined: Callable[[], int],
    ) -> None:
        self._known = known
        self._waiting = waiting
        self._oldest_ms = oldest_ms
        self._quarantined = quarantined

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        now = now_ms()
        oldest = self._oldest_ms()
        yield GaugeMetricFamily("bedside_outbox_lines", "Lines that wait for InfluxDB.", self._known.outbox_lines)
        yield GaugeMetricFamily(
            "bedside_outbox_oldest_seconds",
            "Age of the oldest line that waits for InfluxDB.",
            0 if oldest is None else max(0, now - oldest) / 1000,
        )
        yield GaugeMetricFamily("bedside_queue_readings", "Readings that wait for the disk.", self._waiting())
        yield GaugeMetricFamily("bedside_quarantine_lines", "Lines kept in quarantine.", self._quarantined())
        flapping = GaugeMetricFamily("bedside_room_flapping", "1 while a room turns over too often.", labels=["room"])
        silent = GaugeMetricFamily("bedside_room_silent_seconds", "Since the room's latest reading.", labels=["room"])
        for room in list(self._known.rooms.values()):
            if is_flapping(room.moves, room.last_event_ms):
                flapping.add_metric([room.room], 1)
            if room.last_reading_ms is not None:
                silent.add_metric([room.room], (now - room.last_reading_ms) / 1000)
        yield flapping
        yield silent
        skew = GaugeMetricFamily("bedside_device_skew_seconds", "How far a device's clock is ahead.", labels=["device"])
        for device, skew_ms in list(self._known.skews.items()):
            skew.add_metric([device], skew_ms / 1000)
        yield skew
