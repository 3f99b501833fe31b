"""requests.do, get, post of the package's first home: the same refusals as in `http/requests`."""

from influxlite.flux.stdlib.http.requests.outside import FUNCTIONS

__all__ = ["FUNCTIONS"]
