"""How a panel asks: a question of `query/questions/` as the query of Grafana's InfluxDB data source.

Grafana puts a variable's value into the text of a query, so whoever writes a dashboard's address writes Flux, unless
the value is made harmless. `${room:percentencode}` does that: it leaves letters, digits, `-`, `_` and `.` as they are,
which is all that a room, an MRN and a night are made of, and turns quotes, backslashes and `${` into `%22` and the
like, which match nothing. (`doublequote` is not enough: it leaves a backslash, which ends the literal early.)

Grafana's data source fills in `v.timeRangeStart` and the like by their last word alone, whatever stands before the
dot: it would make `params.bucket` its own default bucket, also where a question reads another one. So a member of such
a name is written as `params["bucket"]`, which is the same in Flux and which Grafana leaves as it is.
"""

import re
from typing import Any

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from query.question import question

DATASOURCE_UID = "bedside"
DATASOURCE = DataSourceRef(type_val="influxdb", uid=DATASOURCE_UID)
START, STOP, WINDOW = "v.timeRangeStart", "v.timeRangeStop", "v.windowPeriod"
FILLED_IN = re.compile(r"\b(params)\.(bucket|defaultBucket|organization|timeRangeStart|timeRangeStop|windowPeriod)\b")


def before(duration: str) -> str:
    """The instant that long before the end of the dashboard's range, as Flux: a record's field takes no `-1d`."""
    return f"time(v: int(v: {STOP}) - int(v: {duration}))"


STAYS = before("400d")
"""From when on stays are read: who came before is not known to lie anywhere."""


class FluxQuery(Dataquery):
    """A Flux query in Grafana's JSON; the Foundation SDK has no model for it."""

    def __init__(self, flux: str, ref_id: str = "A") -> None:
        self.flux = flux
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        """The target as Grafana's InfluxDB data source reads it."""
        return {"refId": self.ref_id, "datasource": DATASOURCE, "query": self.flux}


class Asked(Builder[Dataquery]):
    """A question as the target of a panel: its name, and expressions of Flux for its parameters.

    `start` and `stop` are the dashboard's time range where the question has them and nothing else is given.
    """

    def __init__(self, name: str, ref_id: str = "A", **expressions: str) -> None:
        self._query = FluxQuery(flux(name, **expressions), ref_id)

    def build(self) -> FluxQuery:
        """The target."""
        return self._query


def flux(name: str, **expressions: str) -> str:
    """The Flux of that question for these expressions; the dashboard's range where it takes one."""
    asked = question(name)
    given: dict[str, Any] = {"start": START, "stop": STOP, **expressions}
    known = {parameter.name for parameter in asked.parameters}
    rendered = asked.render({key: value for key, value in given.items() if key in known or key in expressions})
    return FILLED_IN.sub(r'\1["\2"]', rendered)


def variable(name: str) -> str:
    """A Flux string that holds a dashboard's variable, whatever somebody wrote into the address."""
    return f'"${{{name}:percentencode}}"'
