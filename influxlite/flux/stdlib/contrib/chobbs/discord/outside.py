"""discord.send, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

discord_u_r_l = option("string", "https://discordapp.com/api/webhooks/", "Where Discord takes messages.")
endpoint = outside.endpoint(
    "discord",
    "(username: A, webhookID: string, webhookToken: string, ?avatar_url: B) => (mapFn: (r: C) => {D with "
    "content: E}) => (<-tables: stream[C]) => stream[{C with _status: string, _sent: string}]",
    'webhookToken, webhookID, username, avatar_url=""',
)
FUNCTIONS = [
    outside.sender("discord"),
    outside.refused(
        "discord",
        "send",
        "(webhookToken: string, webhookID: string, username: A, content: B, ?avatar_url: C) => int",
    ),
]
