"""The page clinicians open when there is no Grafana: it draws the dashboards of `grafana/`, and puts names to MRNs.

    from ward import WardSettings, create_app, close_app

    app = create_app(WardSettings(data=Path("data"), api_url=…, influx_url=…, read_token=…), audit)

`app` is a WSGI app under `/ward/`, a process of its own beside the ingest API. Its parts, in the order of a request:

    routes/      one file a resource: the page, the session, dashboards, queries, names, alerts
    sessions     who is logged in, by a clinician's token that the ingest API knows
    dashboards   the dashboard JSON, and which questions a panel asks
    variables    what a dashboard's variables may be
    interpolate  their values into the question, as Flux literals
    influx       the question to InfluxDB with a token that can only read; its answer, column by column
    people       names, from the ingest API with the session's own token; nothing of them is kept
    alerts       which rules fire, and `silences`: who silenced what until when

Who saw which patient is told to `audit` (`ward.settings.AuditLog`) before it is shown.

The browser never sends Flux: it names a dashboard, a panel and values. Errors: `ward.errors`.
"""

from ward.app import close_app, create_app
from ward.settings import WardSettings

__all__ = ["WardSettings", "close_app", "create_app"]
