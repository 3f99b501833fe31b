"""GET /metrics: what this server counts, for Prometheus. No label holds a tag value, a token or a query."""

import math
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from influxlite.server import context

if TYPE_CHECKING:
    from influxlite.storage import Storage
    from influxlite.tasks import TaskService

routes = Blueprint("metrics", __name__)
SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of a process."""

    def __init__(self) -> None:
        """All at zero, in a registry of their own."""
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "influxlite_http_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self.duration = Histogram(
            "influxlite_http_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=registry
        )
        self.lines = Counter("influxlite_lines", "Lines of line protocol stored", registry=registry)
        self.refused_writes = Counter(
            "influxlite_refused_writes", "Writes refused whole, unreadable lines", registry=registry
        )
        self.refused_points = Counter(
            "influxlite_refused_points", "Points refused by a partial write", registry=registry
        )
        self.stopped_queries = Counter(
            "influxlite_stopped_queries", "Queries stopped because the client left", registry=registry
        )
        self.series = Gauge("influxlite_series", "Series that hold points", registry=registry)
        self.commits = Gauge("influxlite_commits", "Commits since the start", registry=registry)
        self.tasks = Gauge("influxlite_tasks", "Tasks, by status", ["status"], registry=registry)
        self.task_runs = Gauge(
            "influxlite_task_runs", "Runs of tasks that ended since the start, by how", ["status"], registry=registry
        )
        self.waiting_runs = Gauge("influxlite_task_runs_waiting", "Runs of tasks that are not over", registry=registry)
        self.disk = Gauge("influxlite_disk_bytes", "Bytes on disk", ["part"], registry=registry)
        self.database = Gauge(
            "influxlite_database_memory_bytes",
            "Memory that DuckDB holds, within --memory-limit-mb: what it keeps of its file, and what it works with",
            ["use"],
            registry=registry,
        )
        ProcessCollector(registry=registry)
        self.started = Gauge("influxlite_start_time_seconds", "Start of the process, Unix time", registry=registry)
        self.started.set(time.time())

    def observe(self, storage: "Storage", service: "TaskService") -> None:
        """Take the state of the storage and its tasks over into the gauges."""
        for status, count in service.counts().items():
            self.tasks.labels(status).set(count)
        for status, count in service.finished.items():
            self.task_runs.labels(status).set(count)
        self.waiting_runs.set(service.unfinished())
        self.series.set(len(storage.index))
        self.commits.set(storage.committer.commits)
        for part, size in storage.sizes().items():
            self.disk.labels(part).set(size)
        memory = storage.memory()
        kept = memory.pop("BASE_TABLE", math.nan)
        self.database.labels("cache").set(kept)
        self.database.labels("work").set(sum(memory.values()) if memory else math.nan)


metrics = Metrics()


@routes.route("/metrics", methods=["GET"])
def get_metrics() -> Response:
    """All counters in Prometheus' text format."""
    metrics.observe(context.storage(), context.tasks())
    return Response(generate_latest(metrics.registry), content_type="text/plain; version=0.0.4; charset=utf-8")
