"""The command `influxlite`: serve the API from a folder, or ask a server.

Exit codes: 0 done, 1 cannot (one sentence on stderr says why), 2 wrong usage, 3 the server refused the query, or it
failed halfway.
"""

import csv
import io
import json
import logging
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
import requests
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

import serving
from influxlite.server import create_app
from influxlite.server.answers import dump
from influxlite.server.write import MAX_BODY_BYTES, is_quick
from influxlite.storage import Storage, StorageError
from influxlite.storage.setup import set_up
from influxlite.tasks import TaskService
from influxlite.version import SERVER_VERSION, program_version

UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
CODES = {408: "invalid", 413: "request too large", 429: "too many requests", 503: "unavailable"}
PARENT_PACE_S = 0.5
SWITCH_INTERVAL_S = 0.0005  # so that the committing thread is not kept waiting by the many that wait for it


class SecretOption(click.Option):
    """An option whose value may also come from a file, named by `--…-file` or by the variable `…_FILE`.

    Whoever may list processes sees what is given as the option itself.
    """

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The variable itself, else the content of the file that `…_FILE` names."""
        value = super().resolve_envvar_value(ctx)
        if value is not None or not isinstance(self.envvar, str):
            return value
        file = os.environ.get(f"{self.envvar}_FILE")
        if not file:
            return None
        try:
            return Path(file).read_text().strip()
        except OSError as fault:
            raise click.BadParameter(f"cannot read {file}: {fault.strerror}", ctx, self) from None


def secret_option(name: str, envvar: str, *, required: bool = False, help: str) -> Any:  # noqa: A002 - click's own name
    """`--NAME` and `--NAME-file`, the second of which is a file that has the first's value."""
    field = name.replace("-", "_")

    def from_file(context: click.Context, option: click.Parameter, file: Path | None) -> None:
        if file is None:
            return
        try:
            context.params[field] = file.read_text().strip()
        except OSError as fault:
            raise click.BadParameter(f"cannot read {file}: {fault.strerror}", context, option) from None
        if not context.params[field]:
            raise click.BadParameter(f"{file} is empty", context, option)

    def itself(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
        if context.params.get(field):
            return context.params[field]
        if required and not value:
            raise click.UsageError(
                f"Give --{name}-file, {envvar}_FILE, {envvar} or --{name}: the last shows in the process list.", context
            )
        return value

    def both(command: Any) -> Any:
        file = click.option(
            f"--{name}-file", type=click.Path(path_type=Path, dir_okay=False), is_eager=True, expose_value=False,
            callback=from_file, help=f"A file that has --{name}, which would show in the process list.",
        )  # fmt: skip
        return click.option(f"--{name}", field, envvar=envvar, cls=SecretOption, callback=itself, help=help)(
            file(command)
        )

    return both


def retention(text: str) -> int:
    """A retention such as 30d, 12h or 0 (for ever), in seconds; click.BadParameter otherwise."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text)
    seconds = int(found.group(1)) * UNITS_S[found.group(2) or "s"] if found else -1
    if seconds < 0 or 0 < seconds < UNITS_S["h"]:
        raise click.BadParameter("give 0 for ever, or at least an hour, such as 12h or 30d", param_hint="--retention")
    return seconds


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(program_version(), prog_name="influxlite", message=f"%(prog)s %(version)s ({SERVER_VERSION})")
def main() -> None:
    """InfluxDB 2's HTTP API on DuckDB: line protocol in, Flux out."""


@main.command()
@click.option("--data", envvar="INFLUXLITE_DATA", type=click.Path(path_type=Path), required=True, help="Data folder.")
@click.option("--host", envvar="INFLUXLITE_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="INFLUXLITE_PORT", default=8086, show_default=True, type=click.IntRange(1, 65535))
@click.option("--org", envvar="INFLUXLITE_ORG", required=True, help="Organization, made where it is missing.")
@click.option("--bucket", envvar="INFLUXLITE_BUCKET", required=True, help="Bucket, made where it is missing.")
@secret_option("token", "INFLUXLITE_TOKEN", required=True, help="May do everything.")
@secret_option("read-token", "INFLUXLITE_READ_TOKEN", help="May read the organization.")
@secret_option("write-token", "INFLUXLITE_WRITE_TOKEN", help="May read and write the organization's buckets.")
@click.option("--retention", "retention_text", envvar="INFLUXLITE_RETENTION", default="0", show_default=True,
              help="How long a new bucket keeps points, such as 30d.")  # fmt: skip
@click.option("--memory-limit-mb", envvar="INFLUXLITE_MEMORY_LIMIT_MB", default=1024, show_default=True,
              type=click.IntRange(128), help="What DuckDB may use; it spills to disk beyond.")  # fmt: skip
@click.option("--threads", envvar="INFLUXLITE_THREADS", default=2, show_default=True, type=click.IntRange(1, 256))
@click.option("--behind-proxy", envvar="INFLUXLITE_BEHIND_PROXY", is_flag=True,
              help="A proxy with TLS is in front: listen for others than this machine too.")  # fmt: skip
@click.option("--exit-with-parent", envvar="INFLUXLITE_EXIT_WITH_PARENT", is_flag=True,
              help="End when the process that started this one is gone.")  # fmt: skip
def serve(
    data: Path, host: str, port: int, org: str, bucket: str, token: str, read_token: str | None,
    write_token: str | None, retention_text: str, memory_limit_mb: int, threads: int, behind_proxy: bool,
    exit_with_parent: bool,
) -> None:  # fmt: skip
    """Serve the API from a data folder; ready when GET /health says pass."""
    os.umask(0o077)  # what it stores is for its owner, whoever else may look into the folder
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    retention_s = retention(retention_text)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _warn_of_shown_secrets(click.get_current_context())
    given = [secret for secret in (token, read_token, write_token) if secret]
    if len(set(given)) < len(given):
        raise click.UsageError("the tokens are one and the same: what one of them may, all may. Give different ones.")
    parent = os.getppid()
    _check_exposure(host, behind_proxy)
    try:
        storage = Storage.open(data, memory_limit_mb=memory_limit_mb, threads=threads)
    except StorageError as fault:
        raise click.ClickException(str(fault)) from None
    tasks: TaskService | None = None
    try:
        set_up(
            storage, org=org, bucket=bucket, token=token, read_token=read_token, write_token=write_token,
            retention_s=retention_s,
        )  # fmt: skip
        limits = serving.Limits(body_bytes=MAX_BODY_BYTES, threads=48, behind_proxy=behind_proxy, render=_render)
        ready = _watch(parent) if exit_with_parent else None
        tasks = TaskService(storage)
        tasks.start()
        serving.run(create_app(storage, tasks), host=host, port=port, limits=limits, ready=ready, quick=is_quick)
    except (StorageError, serving.ServingError) as fault:
        raise click.ClickException(str(fault)) from None
    finally:
        if tasks is not None:
            tasks.stop()
        storage.close()


def _warn_of_shown_secrets(context: click.Context) -> None:
    for field in ("token", "read_token", "write_token"):
        if context.get_parameter_source(field) is ParameterSource.COMMANDLINE:
            option = field.replace("_", "-")
            logging.getLogger("influxlite").warning(
                "--%s shows in the process list for as long as this runs: give --%s-file", option, option
            )


def _check_exposure(host: str, behind_proxy: bool) -> None:
    """One sentence where others than this machine would reach the server without TLS."""
    try:
        serving.check_exposure(host, behind_proxy=behind_proxy)
    except serving.Exposed as fault:
        raise click.ClickException(f"{fault} with --behind-proxy (INFLUXLITE_BEHIND_PROXY=yes).") from None


def _render(refusal: serving.Refusal) -> tuple[str, bytes]:
    """What serving refuses, in InfluxDB's form."""
    body = {"code": CODES.get(refusal.status, "invalid"), "message": refusal.detail}
    return "application/json; charset=utf-8", dump(body, tabbed=False)


def _watch(parent: int):
    """What to call when the server is ready: from then on, stop it when the parent is gone."""

    def follow() -> None:
        import signal

        while os.getppid() == parent:
            time.sleep(PARENT_PACE_S)
        os.kill(os.getpid(), signal.SIGTERM)

    return threading.Thread(target=follow, name="influxlite-parent", daemon=True).start


@main.command()
@click.argument("script", required=False)
@click.option("-f", "--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Read it there.")
@click.option("--url", envvar=["INFLUXDB_V2_URL", "INFLUXLITE_URL"], default="http://127.0.0.1:8086", show_default=True)
@click.option("--org", envvar=["INFLUXDB_V2_ORG", "INFLUXLITE_ORG"], required=True)
@secret_option("token", "INFLUXDB_V2_TOKEN", required=True, help="As the server knows it.")
@click.option("-o", "--output", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--explain", is_flag=True, help="Say what DuckDB does, by which SQL, and what is done on frames.")
def query(script: str | None, file: Path | None, url: str, org: str, token: str, output: str, explain: bool) -> None:
    """Run a Flux SCRIPT (or a file, or what comes in by stdin) on a server."""
    text = script or (file.read_text() if file else sys.stdin.read())
    body = {"query": text, "type": "flux", "dialect": {"header": True, "annotations": ["datatype", "group", "default"]}}
    try:
        answer = requests.post(
            f"{url.rstrip('/')}/api/v2/query{'/explain' if explain else ''}",
            params={"org": org},
            json=body,
            headers={"Authorization": f"Token {token}", "Accept": "application/csv"},
            timeout=(10, 600),
        )
    except requests.RequestException as fault:
        raise click.ClickException(f"no answer from {url}: {type(fault).__name__}; is the server running?") from None
    if answer.status_code != 200:
        click.echo(f"the server refused this ({answer.status_code}): {_message(answer)}", err=True)
        raise click.exceptions.Exit(3)
    if explain:
        click.echo(answer.json()["plan"], nl=False)
        return
    tables = list(read_tables(answer.content.decode()))
    fault = tables.pop()[1][0][0] if tables and tables[-1][0] == ["error", "reference"] else None
    if output == "csv":
        click.echo(answer.text, nl=False)
    elif output == "json":
        click.echo(json.dumps([dict(zip(columns, row, strict=False)) for columns, rows in tables for row in rows]))
    else:
        for columns, rows in tables:
            _print_table(columns, rows)
    if fault is not None:
        click.echo(f"the query failed after this: {fault}", err=True)
        raise click.exceptions.Exit(3)


def _message(answer: requests.Response) -> str:
    """What the server says about a refusal."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:300]


def read_tables(text: str):
    """The tables of an annotated CSV: column names and rows of text, one pair for each group key."""
    columns: list[str] = []
    defaults: list[str] = []
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text)):
        if not row or row == [""]:
            continue
        if row[0].startswith("#"):
            if rows:
                yield columns, rows
            columns, rows = [], []
            if row[0] == "#default":
                defaults = row[1:]
            continue
        if not columns:
            columns = row[1:]
            continue
        cells = [cell or default for cell, default in zip(row[1:], defaults, strict=False)]
        if rows and cells[:2] != rows[-1][:2]:
            yield columns, rows
            rows = []
        rows.append(cells)
    if rows:
        yield columns, rows


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
    """One table for people."""
    shown = [i for i, name in enumerate(columns) if name not in ("result", "table", "_start", "_stop")]
    table = Table(*(columns[i] for i in shown))
    for row in rows:
        table.add_row(*(row[i] for i in shown))
    Console().print(table)


if __name__ == "__main__":
    main()
