"""What date/boundaries had: each name now says where it has gone."""

from influxlite.flux.stdlib.experimental.date.boundaries import spans
from influxlite.flux.stdlib.registry import Builtin, flux

NOTICE = "the 'date/boundaries' package has been moved to 'experimental/date/boundaries'"
_ALL: list[Builtin] = [spans.yesterday, *spans.FUNCTIONS, spans.month, spans.week]
_PARAMETERS = {"month": "month_offset=0", "week": "week_offset=0, start_sunday=false"}

CONSTANTS = {
    made.name: flux(
        made.signature,
        f'({_PARAMETERS.get(made.name, "")}) => die(msg: "{NOTICE}")',
        f"""An error that says where it has gone.

        import "date/boundaries"
        import "experimental"
        array.from(rows: [{{told: experimental.catch(fn: () => boundaries.{made.name}()).msg}}])
        """,
    )
    for made in _ALL
}
"""One entry for each name; the registry finds them here."""
