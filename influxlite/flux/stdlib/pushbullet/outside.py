"""pushbullet.pushData, pushNote, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://api.pushbullet.com/v2/pushes", "Where Pushbullet takes messages.")
endpoint = outside.endpoint(
    "pushbullet",
    "(?token: A, ?url: string) => (mapFn: (r: B) => {C with title: E, text: D}) => (<-tables: stream[B]) => "
    "stream[{B with _status: string, _sent: string}]",
    'url=defaultURL, token=""',
)
FUNCTIONS = [
    outside.sender("pushbullet"),
    outside.refused(
        "pushbullet",
        "pushData",
        "(data: A, ?token: B, ?url: string) => int",
    ),
    outside.refused(
        "pushbullet",
        "pushNote",
        "(text: A, title: B, ?token: C, ?url: string) => int",
    ),
]
