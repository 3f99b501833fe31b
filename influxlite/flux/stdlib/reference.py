"""The page about the standard library, made of what its files say: `python -m influxlite.flux.stdlib.reference`.

It prints `docs/flux.md`: what each package holds with its signature and the first sentence of its docstring, what the
database does itself, what is refused, what is lacking, and how answers differ from InfluxDB's.
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from influxlite import line_protocol
from influxlite.flux import FluxError, explain
from influxlite.flux.stdlib import outside, registry
from influxlite.flux.stdlib.runtime.version import FLUX_VERSION
from influxlite.flux.types.environment import PRELUDE, published
from influxlite.storage import Storage
from influxlite.storage.setup import set_up

HEAD = """# Flux in influxlite

<!-- made by `python -m influxlite.flux.stdlib.reference > docs/flux.md`; a test holds it to that -->

The language is that of Flux {version}: all of its grammar, its types, its options. This page lists its library.
● marks what the database does itself where the call stands right behind `from |> range |> filter`, with the arguments
of the function's example; of ◐ it sends only the rows that can matter. The rest runs on frames, with the same answers;
`influxlite query --explain` tells it of a script. Each function's docstring in `influxlite/flux/stdlib/<package>/`
holds an example, and all examples run as tests.
"""
DIFFERENCES = """## Where answers differ from InfluxDB's

- What `exponentialMovingAverage`, `relativeStrengthIndex` and `tripleExponentialDerivative` leave of tables with too
  few rows has empty cells for its key, as in InfluxDB; here it is then also grouped by these.
- Over more than a week `sort |> limit` may take others of rows that are equal. Columns may come in another order after
  `group` by `_time`, and after `map` over tables of different tags.
- Tables of series whose values are of different kinds come kind by kind; else series come in InfluxDB's order.
- What `profiler.enabledProfilers` tells is measured here, so that steps have other names; what the storage does is one.
  `PlanDuration` is the time in which the script became steps, `MaxAllocated` the size of the largest step's tables,
  `TotalAllocated` of all, and the scanned values are the rows that DuckDB gave.
- The columns of `map` without `with` come in alphabetical order; in InfluxDB their order changes from call to call.
- Over tables without rows the functions of `map`, `reduce` and `stateTracking` are not looked at, so that types which
  do not fit are no error there.
- Where the first tables of a result are fine and a later one fails, InfluxDB answers 200, the good tables, and an error
  in a table of its own. Here the error is the whole answer, with its status.
- Where InfluxDB panics (its answer is a stack trace), the error says what was wrong.
- Floats may differ in their last digits: the order of adding is nobody's promise.
- `v1.json` reads the JSON that it is given and `v1.databases` lists buckets; in InfluxDB 2.9.1 both end in an error.
- `runtime.version` is that of the library, v{version}.
- A query has limits of rows, bytes and seconds, and `strings.repeat` one of characters; InfluxDB takes what the machine
  has.
"""


def render() -> str:
    """The page."""
    version = FLUX_VERSION.removeprefix("v")
    parts = [HEAD.format(version=version), _contents(), *_packages(), _refused(), _lacking(version)]
    return "\n".join([*parts, DIFFERENCES.format(version=version)])


def is_refused(entry: registry.Entry) -> bool:
    """Whether a function is there only to say that it would reach another server."""
    if isinstance(entry, registry.Builtin):
        return entry.python.__module__ == outside.__name__
    return isinstance(entry, registry.Written) and "would send each row to another server" in entry.doc


def _visible(path: str) -> dict[str, registry.Entry]:
    return {name: entry for name, entry in sorted(registry.entries(path).items()) if not name.startswith("_")}


def _served(path: str) -> dict[str, registry.Entry]:
    return {name: entry for name, entry in _visible(path).items() if not is_refused(entry)}


def _contents() -> str:
    lines = [f"[{path}](#{_anchor(path)}) {len(served)}" for path in _paths() if (served := _served(path))]
    count = sum(len(_served(path)) for path in _paths())
    return f"{count} names in {len(lines)} packages: " + " · ".join(lines) + "\n"


def _paths() -> list[str]:
    """The packages, those of every script first."""
    return sorted(registry.package_paths(), key=lambda path: (path not in PRELUDE, path))


def _anchor(path: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", path.lower())


def _packages() -> Iterator[str]:
    for path in _paths():
        served = _served(path)
        if served:
            seen = " (seen without an import)" if path in PRELUDE else ""
            yield "\n".join([f"## {path}\n", *([f"{seen.strip()}\n"] if seen else []), *_entries(path, served)]) + "\n"


def _entries(path: str, served: dict[str, registry.Entry]) -> Iterator[str]:
    last = path.rsplit("/", 1)[-1]
    for name, entry in served.items():
        shown = name if path in PRELUDE else f"{last}.{name}"
        mark = f" {found}" if (found := pushed_down(path, name)) else ""
        yield f"- `{shown}{_told(entry)}`{mark} {first_sentence(entry.doc)}".rstrip()


def _told(entry: registry.Entry) -> str:
    """A function's type on one line, or a value's with the value where it is a plain one."""
    if entry.signature.startswith("("):
        return " ".join(entry.signature.split())
    plain = isinstance(entry, registry.Constant) and isinstance(entry.value, int | float | str)
    return f": {entry.signature}" + (f" = {entry.value}" if plain else "")  # type: ignore[union-attr]


def first_sentence(doc: str) -> str:
    """What a docstring says first."""
    paragraph = inspect.cleandoc(doc).split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", paragraph)[0]


def _refused() -> str:
    lines = []
    for path in _paths():
        names = [name for name, entry in _visible(path).items() if is_refused(entry)]
        if names:
            lines.append(f"- `{path}`: {', '.join(f'`{name}`' for name in names)}")
    told = (
        "## Refused\n\nThese would make the server reach another one, which it never does for a query. They are there "
        "with\ntheir types, so that a script that does not come to them runs; one that does is told so by an error.\n"
    )
    return "\n".join([told, *lines]) + "\n"


def lacking() -> dict[str, list[str]]:
    """What Flux publishes and is not here, by package."""
    found = {
        path: sorted(name for name in names - set(registry.entries(path)) if not name.startswith("_"))
        for path, names in sorted(published().items())
    }
    return {path: names for path, names in found.items() if names}


def _lacking(version: str) -> str:
    lines = [f"- `{path}`: {', '.join(f'`{name}`' for name in names)}" for path, names in lacking().items()]
    if not lines:
        return f"## Lacking\n\nNothing: every name that Flux {version} publishes is here.\n"
    told = "## Lacking\n\nA script that imports these packages and does not use what is lacking runs.\n"
    return "\n".join([told, *lines]) + "\n"


def pushed_down(path: str, name: str) -> str:
    """● where the database does a function of streams itself, called as in its example right behind a read; ◐ where it
    sends only the rows that the function needs; else nothing."""
    entry = registry.entries(path)[name]
    if (path, name) == ("influxdata/influxdb", "from"):
        return "●"
    call = _example_call(entry.doc, name) if path == "universe" and not isinstance(entry, registry.Constant) else None
    return _planned(call).get(name, "") if call is not None else ""


def _example_call(doc: str, name: str) -> str | None:
    """The text of the call of a function in the example of its docstring, where it takes a pipe."""
    text = inspect.cleandoc(doc)
    found = re.search(rf"\|> ({name}\()", text)
    if found is None:
        return None
    depth = 0
    for at in range(found.end(1) - 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[found.start(1) : at + 1]
    return None


@cache
def _database() -> tuple[Storage, str]:
    """A storage with a point in it, and its organization's id; for as long as this process."""
    folder = Path(_FOLDER.name) / "data"
    storage = Storage.open(folder, memory_limit_mb=128)
    org, bucket = set_up(storage, org="o", bucket="b", token="t")  # noqa: S106 - nobody asks this one
    storage.write(bucket, line_protocol.parse(b"m,room=a,tag=a spo2=1,_value=1 1"))
    return storage, org.id


_FOLDER = tempfile.TemporaryDirectory(prefix="influxlite-reference-")


@cache
def _planned(call: str) -> dict[str, str]:
    """What the database does of a read and a call: a mark for the name of each step."""
    storage, org = _database()
    try:
        plan = explain(
            f'from(bucket: "b") |> range(start: 0, stop: 2) |> {call}', storage=storage, org_id=org, org_name="o"
        )
    except FluxError:
        return {}
    marks: dict[str, str] = {}
    for line in plan.split("\n"):
        if line.startswith(("  DuckDB", "  index")):
            marks.update(dict.fromkeys(re.findall(r"\w+", line)[1:], "●"))
        if "then on frames:" in line:
            marks.update(dict.fromkeys(re.findall(r"\w+", line.split(":")[1]), "◐"))
    return marks


if __name__ == "__main__":
    sys.stdout.write(render())
