"""POST /api/v2/query: Flux in, annotated CSV out as it is computed; and the routes that only look at Flux."""

import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from influxlite import flux
from influxlite.flux import csv as flux_csv
from influxlite.flux.errors import FluxError
from influxlite.server import context, syntax
from influxlite.server.answers import UnreadableError, answer, refuse
from influxlite.server.answers import decode as decode_json
from influxlite.server.errors import ApiError, internal
from influxlite.server.metrics import metrics

query = Blueprint("query", __name__)
FLUX_TYPE = "application/vnd.flux"
CSV_TYPE = "text/csv; charset=utf-8"
ANNOTATIONS = ("group", "datatype", "default")
TIME_FORMATS = ("RFC3339", "RFC3339Nano")
NO_CONTENT = ("return-no-content", "return-no-content-with-error")
WORTH_SENDING = 1024 * 1024  # bytes of an answer that are sent at once: each part is a way from thread to thread
GZIP_FROM = 1400  # bytes of an answer from which on it is compressed, as InfluxDB does
CLIENT_LEFT = "serving.client_left"
AT_ONCE = 16  # queries that run together; more wait
_slots = threading.BoundedSemaphore(AT_ONCE)
_NOW = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(slots=True)
class Asked:
    """A query request, checked."""

    script: str
    now_ns: int | None = None
    extern: dict | None = None
    params: dict | None = None
    header: bool = True
    delimiter: str = ","
    annotations: list[str] = field(default_factory=list)
    time_format: str = "RFC3339"


@query.route("/api/v2/query", methods=["POST"])
def post_query() -> Response:
    """Run a script."""
    try:
        asked = _asked(request.get_data(cache=False), request.headers.get("Content-Type", ""))
        org = context.named_org()
    except ApiError as fault:
        raise ApiError("invalid", f"failed to decode request body: {fault}") from None
    left = request.environ.get(CLIENT_LEFT) or threading.Event()
    if not _slots.acquire(timeout=60):
        raise ApiError("too many requests", f"{AT_ONCE} queries run already; send this one again a little later")
    release = _once(_slots.release)
    held = context.token()
    try:
        results = flux.query(
            asked.script,
            storage=context.storage(),
            org_id=org.id,
            org_name=org.name,
            now_ns=asked.now_ns,
            extern=asked.extern,
            params=asked.params,
            cancelled=left,
            may_read=lambda bucket: context.allowed(held, "read", "buckets", org_id=bucket.org_id, id=bucket.id),
            may_write=lambda bucket: context.allowed(held, "write", "buckets", org_id=bucket.org_id, id=bucket.id),
        )
        return _answer(asked, results, left, release)
    except FluxError as fault:
        release()
        if left.is_set():
            metrics.stopped_queries.inc()
        return _with_vary(refuse(ApiError(fault.answer_code, fault.message)))
    except BaseException:
        release()
        raise


def _answer(asked: Asked, results: Iterable[Any], left: threading.Event, release: Callable[[], None]) -> Response:
    """The answer, its first part computed already, so that an error before it still has a status of its own."""
    chunks = iter(
        flux_csv.encode(
            results,
            header=asked.header,
            annotations=tuple(asked.annotations),
            delimiter=asked.delimiter,
            date_time_format=asked.time_format,
        )
    )
    preference = request.headers.get("Prefer", "")
    if preference in NO_CONTENT:
        text = b"".join(chunks)
        release()
        if preference == NO_CONTENT[1] and (b"error,reference" in text):
            return _with_vary(Response(text, content_type=CSV_TYPE))
        response = Response(status=204)
        del response.headers["Content-Type"]
        return _with_vary(response)
    first, ended = _gather(chunks)
    packed = len(first) >= GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(content_type=CSV_TYPE)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if ended:
        release()
        response.set_data(b"".join(_gzip([first])) if packed else first)
        response.direct_passthrough = True  # the server sends a list as a whole, without asking for its parts
        return _with_vary(response)
    body = _watched(first, chunks, left, release)
    response.response = _gzip(body) if packed else body
    response.call_on_close(release)
    return _with_vary(response)


def _gather(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """The next parts, together large enough to be worth sending, and whether they were the last."""
    parts: list[bytes] = []
    size = 0
    for part in chunks:
        parts.append(part)
        size += len(part)
        if size >= WORTH_SENDING:
            return b"".join(parts), False
    return b"".join(parts), True


def _with_vary(response: Response) -> Response:
    """Whether an answer of this route is compressed depends on the request."""
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _watched(
    first: bytes, rest: Iterator[bytes], left: threading.Event, release: Callable[[], None]
) -> Iterator[bytes]:
    """All parts of an answer, until the client leaves."""
    try:
        yield first
        ended = False
        while not ended:
            part, ended = _gather(rest)
            yield part
            if left.is_set():
                metrics.stopped_queries.inc()
                return
    finally:
        release()


def _gzip(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts as one gzip stream."""
    packer = zlib.compressobj(level=1, wbits=31)
    for part in parts:
        packed = packer.compress(part)
        if packed:
            yield packed
    yield packer.flush()


def _once(work: Callable[[], None]) -> Callable[[], None]:
    """The same work, done at the first call only."""
    lock = threading.Lock()
    done = False

    def call() -> None:
        nonlocal done
        with lock:
            first, done = not done, True
        if first:
            work()

    return call


def _asked(body: bytes, content_type: str) -> Asked:
    """What a request asks for; ApiError with InfluxDB's words."""
    kind = (content_type or "application/json").partition(";")[0].strip().lower()
    if kind == FLUX_TYPE:
        script = body.decode("utf-8", "replace")
        if not script:
            raise ApiError("invalid", "request body requires either query or AST")
        return Asked(script)
    try:
        given = decode_json(body)
        if not isinstance(given, dict):
            raise UnreadableError("json: cannot unmarshal into Go value of type http.QueryRequest")
    except UnreadableError as fault:
        lead = (
            "failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: "
            f"{FLUX_TYPE}' in your request headers"
        )
        raise ApiError("invalid", f"{lead}: {fault}") from None
    script = _typed(given, "query", str, "")
    tree = _typed(given, "ast", dict, {})
    if not script and not tree:
        raise ApiError("invalid", "request body requires either query or AST")
    if _typed(given, "type", str, "") not in ("", "flux"):
        raise ApiError("invalid", f"unknown query type: {given['type']}")
    if not script:
        raise ApiError("not implemented", "a query by its syntax tree alone is not possible here; send `query`")
    asked = Asked(
        script,
        _now(_typed(given, "now", str, "")),
        _extern(_typed(given, "extern", dict, {})),
        _typed(given, "params", dict, {}) or None,
    )
    _dialect(asked, _typed(given, "dialect", dict, {}))
    return asked


def _extern(given: dict) -> dict | None:
    """The file of option statements beside a script; the official client sends one without its type, mostly empty."""
    if not given.get("body") and not given.get("imports"):
        return None
    return {**given, "type": "File"}


def _dialect(asked: Asked, given: dict) -> None:
    """Take the wishes for the answer's form over."""
    asked.header = _typed(given, "header", bool, True)
    asked.delimiter = _typed(given, "delimiter", str, "") or ","
    asked.annotations = _typed(given, "annotations", list, [])
    asked.time_format = _typed(given, "dateTimeFormat", str, "") or "RFC3339"
    if len(_typed(given, "commentPrefix", str, "")) > 1:  # it is checked, and annotations begin with # whatever it is
        raise ApiError("invalid", "invalid dialect comment prefix: must be length 0 or 1")
    if len(asked.delimiter.encode()) != 1:
        raise ApiError("invalid", "invalid dialect delimeter: must be length 1")
    for name in asked.annotations:
        if name not in ANNOTATIONS:
            raise ApiError("invalid", f"unknown dialect annotation type: {name}")
    if asked.time_format not in TIME_FORMATS:
        raise ApiError("invalid", f"unknown dialect date time format: {asked.time_format}")


def _typed(given: dict, name: str, kind: type, default: Any) -> Any:
    """A field of a request that must have a type."""
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise ApiError("invalid", f"failed parsing request body as JSON: field {name} has a wrong type")
    return value


def _now(text: str) -> int | None:
    """The time that `now()` shall be, in ns; None where the request leaves it to the clock."""
    if not text:
        return None
    found = _NOW.fullmatch(text)
    if found is None:
        raise ApiError("invalid", f'failed parsing request body as JSON: parsing time "{text}" as RFC 3339: not a time')
    zone = "+00:00" if found.group(4) == "Z" else found.group(4)
    try:
        whole = datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}{zone}")
    except ValueError:
        raise ApiError("invalid", f'failed parsing request body as JSON: parsing time "{text}": out of range') from None
    return int(whole.timestamp()) * 1_000_000_000 + int((found.group(3) or "0").ljust(9, "0"))


@query.route("/api/v2/query/ast", methods=["POST"])
def post_ast() -> Response:
    """The syntax tree of a script."""
    return answer({"ast": syntax.tree(_script(_looked_at()))}, tabbed=False, end="\n")


@query.route("/api/v2/query/analyze", methods=["POST"])
def post_analyze() -> Response:
    """The errors of a script, without running it; like InfluxDB this wants the type named."""
    given = _looked_at()
    if given.get("type") != "flux":
        raise internal()
    return answer({"errors": syntax.faults(_script(given))}, tabbed=False, end="\n")


def _looked_at() -> dict:
    """The body of a request that only looks at a script."""
    try:
        given = decode_json(request.get_data(cache=False))
    except UnreadableError as fault:
        raise ApiError("invalid", f"invalid json: {fault}") from None
    return given if isinstance(given, dict) else {}


def _script(given: dict) -> str:
    """The script in such a body."""
    script = given.get("query", "")
    if not isinstance(script, str):
        raise ApiError("invalid", "invalid json: query must be a string")
    return script


@query.route("/api/v2/query/explain", methods=["POST"])
def post_explain() -> Response:
    """How a script is run: what DuckDB does, by which SQL, and what is done on frames. It writes nothing."""
    script = _script(_looked_at())
    org, held = context.named_org(), context.token()
    left = request.environ.get(CLIENT_LEFT) or threading.Event()
    if not _slots.acquire(timeout=60):
        raise ApiError("too many requests", f"{AT_ONCE} queries run already; send this one again a little later")
    try:
        plan = flux.explain(
            script,
            storage=context.storage(),
            org_id=org.id,
            org_name=org.name,
            cancelled=left,
            may_read=lambda bucket: context.allowed(held, "read", "buckets", org_id=bucket.org_id, id=bucket.id),
        )
    except FluxError as fault:
        return refuse(ApiError(fault.answer_code, fault.message))
    finally:
        _slots.release()
    return answer({"plan": plan}, tabbed=False, end="\n")


@query.route("/api/v2/query/suggestions", methods=["GET"])
def get_suggestions() -> Response:
    """The functions of the prelude and their parameters."""
    return answer({"funcs": syntax.suggestions()}, tabbed=False, end="\n")


@query.route("/api/v2/query/suggestions/<name>", methods=["GET"])
def get_suggestion(name: str) -> Response:
    """One function."""
    for known in syntax.suggestions():
        if known["name"] == name:
            return answer(known, tabbed=False, end="\n")
    raise internal()
