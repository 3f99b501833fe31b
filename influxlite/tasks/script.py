"""A task's script is run once: `now()` is what the run is for, `tasks.lastSuccess` knows the last success."""

import logging
import threading
from typing import Any

from influxlite import flux
from influxlite.flux.errors import FluxError
from influxlite.flux.nodes_json import write as tree_json
from influxlite.flux.parser import parse, parse_with_faults
from influxlite.storage import Storage, StorageError
from influxlite.storage.texts import rfc3339
from influxlite.tasks import limits
from influxlite.tasks.model import SECOND_NS, Run, Task

log = logging.getLogger("influxlite.tasks")
PACKAGE = "influxdata/influxdb/tasks"
LAST_SUCCESS = 'import __tasks "{package}"\noption __tasks.lastSuccessTime = {time}'


def run_script(storage: Storage, task: Task, run: Run, cancel: threading.Event) -> str:
    """Run it to its end and drop what it yields; what went wrong in InfluxDB's words, or nothing."""
    org = storage.catalogue.org(id=task.org_id)
    if org is None:
        return "organization not found"
    planned = threading.Event()
    try:
        results = flux.query(
            task.flux,
            storage=storage,
            org_id=org.id,
            org_name=org.name,
            now_ns=run.scheduled_for_s * SECOND_NS,
            extern=_extern(task),
            cancelled=cancel,
            limits=limits.RUN,
            planned=planned.set,
        )
        for _ in results:
            if cancel.is_set():
                break
    except FluxError as fault:
        told = "could not execute task run" if planned.is_set() else "error exhausting result iterator"
        return f"{told}: {fault.message}"
    except StorageError as fault:
        return f"could not execute task run: {fault}"
    except Exception:  # a fault of ours must not end the worker; the next run has its own chance
        log.exception("fault in a run of task %s", task.id)
        return "could not execute task run: an internal error has occurred - check server logs"
    return ""


def _extern(task: Task) -> dict[str, Any] | None:
    """The option that tells a script the last success; None where it does not ask or there was none."""
    if not task.latest_success_s:
        return None
    if all(one.path.value != PACKAGE for one in parse_with_faults(task.flux)[0].imports):
        return None
    text = LAST_SUCCESS.format(package=PACKAGE, time=rfc3339(task.latest_success_s * SECOND_NS))
    return tree_json(parse(text))


def quoted(text: str) -> str:
    """A text as Go quotes it (`%q`)."""
    named = {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\v": "\\v",
    }
    return '"' + "".join(named.get(c) or (c if c.isprintable() else _escaped(ord(c))) for c in text) + '"'


def _escaped(code: int) -> str:
    """A letter that cannot be printed, as Go writes it."""
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
