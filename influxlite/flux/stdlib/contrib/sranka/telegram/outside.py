"""telegram.message, endpoint: what would reach other servers."""

from influxlite.flux.stdlib import outside
from influxlite.flux.stdlib.registry import option

default_u_r_l = option("string", "https://api.telegram.org/bot", "Where Telegram takes messages.")
default_parse_mode = option("string", "MarkdownV2", "How texts are read.")
default_disable_web_page_preview = option("bool", False, "Whether links are shown without a preview.")
default_silent = option("bool", True, "Whether messages make no sound.")
endpoint = outside.endpoint(
    "telegram",
    "(token: string, ?disableWebPagePreview: A, ?parseMode: B, ?url: string) => (mapFn: (r: C) => {D with text: "
    "G, silent: F, channel: E}) => (<-tables: stream[C]) => stream[{C with _status: string, _sent: string}]",
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
