"""InfluxDB 2's HTTP API, one file a resource. `create_app(storage)` gives the WSGI app."""

from influxlite.server.app import create_app

__all__ = ["create_app"]
