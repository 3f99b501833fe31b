"""POST /api/v2/query: Flux in, annotated CSV out as it is computed; and the routes that only look at Flux."""

import collections
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from influxlite import flux
from influxlite.flux import csv as flux_csv
from influxlite.flux.errors import FluxError
from influxlite.server import context, syntax
from influxlite.server.answers import UnreadableError, answer, refuse, typed
from influxlite.server.answers import decode as decode_json
from influxlite.server.errors import ApiError, internal
from influxlite.server.metrics import metrics

query = Blueprint("query", __name__)
FLUX_TYPE = "application/vnd.flux"
CSV_TYPE = "text/csv; charset=utf-8"
ANNOTATIONS = ("group", "datatype", "default")
TIME_FORMATS = ("RFC3339", "RFC3339Nano")
FIELDS = {"query": str, "ast": dict, "type": str, "now": str, "extern": dict, "params": dict, "dialect": dict}
DIALECT_NAME = "http.QueryDialect.dialect"
DIALECT_FIELDS = {"header": bool, "delimiter": str, "annotations": list, "dateTimeFormat": str, "commentPrefix": str}
EPOCH, SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
NO_CONTENT = ("return-no-content", "return-no-content-with-error")
WORTH_SENDING = 1024 * 1024  # bytes of an answer that are sent at once: each part is a way from thread to thread
GZIP_FROM = 1400  # bytes of an answer from which on it is compressed, as InfluxDB does
CLIENT_LEFT = "serving.client_left"
AT_ONCE = 16  # queries that run together; more wait
_slots = threading.BoundedSemaphore(AT_ONCE)
_NOW = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


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
        response = _run()
    except (ApiError, FluxError) as fault:
        refusal = fault if isinstance(fault, ApiError) else ApiError(fault.answer_code, fault.message)
        response = refuse(refusal)
    response.headers["Vary"] = "Accept-Encoding"  # whether an answer is compressed depends on the request
    return response


def _run() -> Response:
    """Run what this request asks for; ApiError or FluxError where it cannot be."""
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
    except BaseException:
        release()
        if left.is_set():
            metrics.stopped_queries.inc()
        raise


def _answer(asked: Asked, results: Iterable[Any], left: threading.Event, release: Callable[[], None]) -> Response:
    """The answer, its first part computed already, so that an error before it still has a status of its own."""
    preference = request.headers.get("Prefer", "")
    if preference in NO_CONTENT:
        told = _discard(asked, results)
        release()
        return Response(told, content_type=CSV_TYPE) if preference == NO_CONTENT[1] else Response(status=204)
    chunks = iter(
        flux_csv.encode(
            results,
            header=asked.header,
            annotations=tuple(asked.annotations),
            delimiter=asked.delimiter,
            date_time_format=asked.time_format,
        )
    )
    first, ended = _gather(chunks)
    packed = len(first) >= GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(content_type=CSV_TYPE)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if ended:
        release()
        response.set_data(b"".join(_gzip([first])) if packed else first)
        response.direct_passthrough = True  # the server sends a list as a whole, without asking for its parts
        return response
    body = _watched(first, chunks, left, release, _cut(asked))
    response.response = _gzip(body) if packed else body
    response.call_on_close(release)
    return response


def _discard(asked: Asked, results: Iterable[Any]) -> bytes:
    """Run a query for what it does, and drop its tables; the table that says what went wrong, if something did."""
    try:
        for result in results:
            collections.deque(result.tables, maxlen=0)
    except FluxError as problem:
        return flux_csv.error_table(problem, annotations=asked.annotations, delimiter=asked.delimiter)
    return b""


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


def _cut(asked: Asked) -> Callable[[], bytes]:
    """What ends an answer that goes on: the table of an error where its token is good no more, else nothing."""
    catalogue, held = context.storage().catalogue, context.token()
    problem = FluxError("unauthorized", "the token was revoked while its answer was under way")
    table = flux_csv.error_table(problem, annotations=asked.annotations, delimiter=asked.delimiter, behind=True)
    return lambda: b"" if catalogue.stands(held) else table


def _watched(
    first: bytes,
    rest: Iterator[bytes],
    left: threading.Event,
    release: Callable[[], None],
    cut: Callable[[], bytes],
) -> Iterator[bytes]:
    """All parts of an answer, until the client leaves or its token ends."""
    try:
        yield first
        ended = False
        while not ended:
            part, ended = _gather(rest)
            if told := cut():
                yield told
            else:
                yield part
            if told or left.is_set():
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
        if not body:
            raise ApiError("invalid", "request body requires either query or AST")
        return Asked(_text(body))
    try:
        given, dialect, now_ns = _fields(decode_json(body))
    except UnreadableError as fault:
        lead = (
            "failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: "
            f"{FLUX_TYPE}' in your request headers"
        )
        raise ApiError("invalid", f"{lead}: {fault}") from None
    script = given.get("query", "")
    if not script and not given.get("ast"):
        raise ApiError("invalid", "request body requires either query or AST")
    if given.get("type", "") not in ("", "flux"):
        raise ApiError("invalid", f"unknown query type: {given['type']}")
    if not script:
        raise ApiError("not implemented", "a query by its syntax tree alone is not possible here; send `query`")
    asked = Asked(script, now_ns, _extern(given.get("extern", {})), given.get("params") or None)
    _dialect(asked, dialect)
    return asked


def _text(script: bytes) -> str:
    """A script that was sent as it is; FluxError where it is not UTF-8."""
    try:
        return script.decode()
    except UnicodeDecodeError as fault:
        told = f"invalid utf-8 sequence of {fault.end - fault.start} bytes from index {fault.start}"
        if fault.reason == "unexpected end of data":
            told = f"incomplete utf-8 byte sequence from index {fault.start}"
        raise FluxError("invalid", f"compilation failed: error @0:0-0:0: flux source: {told}") from None


def _fields(body: Any) -> tuple[dict, dict, int | None]:
    """The fields of a request, those of its dialect, and its time in ns; UnreadableError in Go's words."""
    given = typed({} if body is None else body, "http.QueryRequest", FIELDS, {"dialect": "http.QueryDialect"})
    dialect = typed(given.get("dialect", {}), DIALECT_NAME, DIALECT_FIELDS, {"annotations": "[]string"})
    for one in dialect.get("annotations", []):
        typed({"annotations": one}, DIALECT_NAME, {"annotations": str})
    return given, dialect, _now(given["now"]) if "now" in given else None


def _extern(given: dict) -> dict | None:
    """The file of option statements beside a script; the official client sends one without its type, mostly empty."""
    if not given.get("body") and not given.get("imports"):
        return None
    return {**given, "type": "File"}


def _dialect(asked: Asked, given: dict) -> None:
    """Take the wishes for the answer's form over."""
    asked.header = given.get("header", True)
    asked.delimiter = given.get("delimiter", "") or ","
    asked.annotations = given.get("annotations", [])
    asked.time_format = given.get("dateTimeFormat", "") or "RFC3339"
    if len(given.get("commentPrefix", "").encode()) > 1:  # it is checked, and annotations begin with # whatever it is
        raise ApiError("invalid", "invalid dialect comment prefix: must be length 0 or 1")
    if len(asked.delimiter.encode()) != 1:
        raise ApiError("invalid", "invalid dialect delimeter: must be length 1")
    for name in asked.annotations:
        if name not in ANNOTATIONS:
            raise ApiError("invalid", f"unknown dialect annotation type: {name}")
    if asked.time_format not in TIME_FORMATS:
        raise ApiError("invalid", f"unknown dialect date time format: {asked.time_format}")


def _now(text: str) -> int | None:
    """The time that `now()` shall be, in ns; None where the request leaves it to the clock.

    Go programs leave it so by sending Go's zero time.
    """
    found = _NOW.fullmatch(text)
    if found is None:
        raise UnreadableError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": not a time')
    if found.group(1, 2) == ("0001-01-01", "00:00:00"):
        return None
    zone = "+00:00" if found.group(4) == "Z" else found.group(4)
    try:
        whole = datetime.fromisoformat(f"{found.group(1)}T{found.group(2)}{zone}")
    except ValueError:
        raise UnreadableError(f'parsing time "{text}": out of range') from None
    now_ns = (whole - EPOCH) // SECOND * 1_000_000_000 + int((found.group(3) or "0")[:9].ljust(9, "0"))
    if not -(2**63) <= now_ns < 2**63:
        raise UnreadableError(f'parsing time "{text}": out of range')
    return now_ns


@query.route("/api/v2/query/ast", methods=["POST"])
def post_ast() -> Response:
    """The syntax tree of a script."""
    return answer({"ast": syntax.tree(_looked_at("http.langRequest")["query"])}, tabbed=False, end="\n")


@query.route("/api/v2/query/analyze", methods=["POST"])
def post_analyze() -> Response:
    """The errors of a script, without running it; like InfluxDB this wants the type named."""
    given = _looked_at("http.QueryRequest")
    if given["type"] != "flux":
        raise internal()
    return answer({"errors": syntax.faults(given["query"])}, tabbed=False, end="\n")


def _looked_at(name: str) -> dict[str, str]:
    """Query and type of a request that only looks at a script; `name` is InfluxDB's for the structure."""
    try:
        given = decode_json(request.get_data(cache=False))
        found = typed({} if given is None else given, name, {"query": str, "type": str})
    except UnreadableError as fault:
        raise ApiError("invalid", f"invalid json: {fault}") from None
    return {"query": "", "type": "", **found}


@query.route("/api/v2/query/explain", methods=["POST"])
def post_explain() -> Response:
    """How a script is run: what DuckDB does, by which SQL, and what is done on frames. It writes nothing."""
    script = _looked_at("http.langRequest")["query"]
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
