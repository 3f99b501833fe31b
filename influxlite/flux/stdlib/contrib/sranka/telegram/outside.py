"""telegram.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://api.telegram.org/bot", "Where Telegram takes messages.")
default_parse_mode = option("string", "MarkdownV2", "How texts are read.")
default_disable_web_page_preview = option("bool", False, "Whether links are shown without a preview.")
default_silent = option("bool", True, "Whether messages make no sound.")
endpoint = outside.endpoint(
    "telegram",
    "?url: string, token: string, ?parseMode: string, ?disableWebPagePreview: bool",
    "url=defaultURL, token, parseMode=defaultParseMode, disableWebPagePreview=defaultDisableWebPagePreview",
)
FUNCTIONS = [
    outside.sender("telegram"),
    outside.refused(
        "telegram",
        "message",
        "(?url: string, token: string, channel: A, text: B, ?parseMode: C, ?disableWebPagePreview: D, "
        "?silent: E) => int",
    ),
]
