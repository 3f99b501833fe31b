"""experimental.to: the older name of wideTo."""

from influxlite.flux.stdlib.influxdata.influxdb.wide_to import wide_to as _wide_to
from influxlite.flux.stdlib.registry import flux

to = flux(_wide_to.signature, "influxdb.wideTo", _wide_to.doc, imports=("influxdata/influxdb",))
