"""influxql.epoch, minTime, maxTime: the instants that InfluxQL knows."""

from influxlite.flux.stdlib.registry import constant
from influxlite.flux.values import Time

epoch = constant("time", Time(0), "1970-01-01T00:00:00Z")
min_time = constant("time", Time(-9223372036854775806), "The earliest instant of InfluxDB 1.")
max_time = constant("time", Time(9223372036854775806), "The latest instant of InfluxDB 1.")
