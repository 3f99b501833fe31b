"""discord.send, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

discord_u_r_l = option("string", "https://discordapp.com/api/webhooks/", "Where Discord takes messages.")
endpoint = outside.endpoint(
    "discord",
    "webhookToken: string, webhookID: string, username: string, ?avatar_url: string",
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
