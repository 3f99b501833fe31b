"""pushbullet.pushData, pushNote, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://api.pushbullet.com/v2/pushes", "Where Pushbullet takes messages.")
endpoint = outside.endpoint(
    "pushbullet",
    "?url: string, ?token: string",
    'url=defaultURL, token=""',
)
FUNCTIONS = [
    outside.sender("pushbullet"),
    outside.refused(
        "pushbullet",
        "pushData",
        "(?url: string, ?token: string, data: A) => int",
    ),
    outside.refused(
        "pushbullet",
        "pushNote",
        "(?url: string, ?token: string, title: A, text: B) => int",
    ),
]
