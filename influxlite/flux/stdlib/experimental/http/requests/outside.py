"""requests.do, get, post: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused(
        "requests",
        "do",
        "(method: string, url: string, ?params: [string: [string]], ?headers: [string: string], "
        "?body: bytes, ?config: {A with timeout: duration, insecureSkipVerify: bool}) => {statusCode: int, "
        "body: bytes, headers: [string: string], duration: duration}",
    ),
    outside.refused(
        "requests",
        "_do",
        "(method: string, url: string, ?params: [string: [string]], ?headers: [string: string], "
        "?body: bytes, config: {A with timeout: duration, insecureSkipVerify: bool}) => {statusCode: int, "
        "body: bytes, headers: [string: string], duration: duration}",
    ),
    outside.refused(
        "requests",
        "get",
        "(url: string, ?params: [string: [string]], ?headers: [string: string], ?body: bytes, "
        "?config: {A with timeout: duration, insecureSkipVerify: bool}) => {statusCode: int, body: bytes, "
        "headers: [string: string], duration: duration}",
    ),
    outside.refused(
        "requests",
        "post",
        "(url: string, ?params: [string: [string]], ?headers: [string: string], ?body: bytes, "
        "?config: {A with timeout: duration, insecureSkipVerify: bool}) => {statusCode: int, body: bytes, "
        "headers: [string: string], duration: duration}",
    ),
]
