"""What Grafana reads at its start: the data source and where dashboards lie. Addresses and secrets come from outside.

`$NAME` is taken from Grafana's environment and `$__file{…}` from a file, both by Grafana itself.
"""

from typing import Any

from grafana.alerts import FOLDER
from grafana.flux import DATASOURCE_UID

TOKEN_FILE = "/run/bedside/grafana/token"  # noqa: S105 - where the token is, not the token
DASHBOARDS = "/etc/bedside/dashboards"


def datasource_file() -> dict[str, Any]:
    """InfluxDB by Flux, with a token that may read one bucket."""
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "uid": DATASOURCE_UID,
                "name": "Bedside",
                "type": "influxdb",
                "access": "proxy",
                "url": "$BEDSIDE_INFLUX_URL",
                "isDefault": True,
                "editable": False,
                "jsonData": {
                    "version": "Flux",
                    "organization": "$BEDSIDE_INFLUX_ORG",
                    "defaultBucket": "telemetry",
                    "timeInterval": "10s",
                    "maxSeries": 1000,
                },
                "secureJsonData": {"token": f"$__file{{{TOKEN_FILE}}}"},
            }
        ],
    }


def providers_file() -> dict[str, Any]:
    """Dashboards from files, in a folder of their own; nobody changes them by hand, and a new file is seen at once."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "bedside",
                "orgId": 1,
                "folder": FOLDER,
                "folderUid": "bedside",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 60,
                "options": {"path": DASHBOARDS},
            }
        ],
    }
