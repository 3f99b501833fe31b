"""What every dashboard shares: its address, its variables, and the way to its neighbours.

Variables chain: the room decides which MRNs can be chosen, the MRN which nights. Links carry the time range along.
The ward's time zone is a hidden variable that InfluxDB answers (the pipeline writes it there) and no address can set.
"""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from grafana.flux import DATASOURCE, START, STAYS, Asked, before, flux, variable

TAG = "bedside"
TIMEZONE = '"${timezone:raw}"'
ROOM, MRN, NIGHT = variable("room"), variable("mrn"), variable("night")
TO_WARD = "/d/bedside-ward/ward?${__url_time_range}"
TO_ROOM = "/d/bedside-room/room?var-room={room}&${{__url_time_range}}"
TO_PATIENT = "/d/bedside-patient-night/patient-night?var-room={room}&var-mrn={mrn}&${{__url_time_range}}"
TO_TRENDS = "/d/bedside-trends/trends?var-room={room}&var-mrn={mrn}"


def board(name: str, title: str, description: str, *, start: str, stop: str = "now", refresh: str = "1m") -> "Board":
    """A dashboard `bedside-NAME` that shows that range and asks again each `refresh`."""
    return (
        Board(title)
        .uid(f"bedside-{name}")
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .time(start, stop)
        .refresh(refresh)
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .timepicker(builders.TimePicker().refresh_intervals(["10s", "30s", "1m", "5m", "15m"]))
        .readonly()
        .links(
            [
                builders.DashboardLink("Bedside")
                .type(dashboard.DashboardLinkType.DASHBOARDS)
                .tags([TAG])
                .keep_time(True)
                .include_vars(True)
            ]
        )
    )


class Board(builders.Dashboard):
    """Grafana's builder, with this project's variables and annotations."""

    def zone(self) -> "Board":
        """The hidden variable `timezone`."""
        asked = _query(
            "timezone",
            "Time zone",
            flux("dashboard_zone", start="1970-01-01T00:00:00Z", stop="now()"),
            "The ward's time zone, from the pipeline.",
        )
        asked.hide(dashboard.VariableHide.HIDE_VARIABLE)
        asked._internal.skip_url_sync = True  # the builder has no method for it
        return self.with_variable(asked)  # type: ignore[return-value]

    def room(self) -> "Board":
        """The variable `room`."""
        asked = _query(
            "room",
            "Room",
            flux("dashboard_rooms", stays_start=STAYS),
            "Rooms that reported in this time, or were lain in.",
        )
        return self.with_variable(asked.sort(dashboard.VariableSort.NUMERICAL_ASC))  # type: ignore[return-value]

    def mrn(self) -> "Board":
        """The variable `mrn`: patients of the room chosen."""
        asked = _query(
            "mrn",
            "MRN",
            flux("dashboard_mrns", room=ROOM, stays_start=STAYS),
            "Patients of the room, the last one first.",
        )
        return self.with_variable(asked)  # type: ignore[return-value]

    def night(self, label: str) -> "Board":
        """The variable `night`: none, or an earlier night of the patient chosen, by the day on which it begins."""
        asked = flux("dashboard_nights", mrn=MRN, timezone=TIMEZONE, start=before("90d"), shown=START)
        told = "Earlier nights with readings, noon to noon, the last first."
        return self.with_variable(_query("night", label, asked, told))  # type: ignore[return-value]

    def marks(self, name: str, color: str, asked: Asked, *, text: str, tags: str) -> "Board":
        """Annotations: an answer's rows as marks on every time axis, with the columns `text` and `tags`."""
        mark = builders.AnnotationQuery().name(name).datasource(DATASOURCE).enable(True).hide(False).icon_color(color)
        fields = {"time": "_time", "text": text, "tags": tags}
        mark.mappings(
            {
                key: builders.AnnotationEventFieldMapping()
                .source(dashboard.AnnotationEventFieldSource.FIELD)
                .value(column)
                for key, column in fields.items()
            }
        )
        return self.annotation(mark.target(asked))  # type: ignore[return-value]


def _query(name: str, label: str, asked: str, description: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATASOURCE)
        .query({"query": asked, "refId": f"variable-{name}"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )
