"""The InfluxDB in use: the one that is given, the influxlite that runs, or one that is started for the time.

Buckets are managed with the official client; faults come out as the command line's own.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from bedside.errors import Failure, Refused, Unreachable
from bedside.page import free_port
from bedside.secrets import admin_token_file, find_influx_token, keep, kept
from bedside.settings import Settings
from query import Address, Connection, ConnectionFault, QueryError
from query.errors import AccessDenied

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 60.0
TIMEOUT_S = (5, 600)  # to connect; between two bytes
PAGE = 100
_NANOSECONDS: Any = "ns"


@contextmanager
def told_as_failures() -> Iterator[None]:
    """Faults of questions as failures of the command line."""
    try:
        yield
    except AccessDenied as fault:
        raise Refused(str(fault)) from None
    except ConnectionFault as fault:
        raise Unreachable(str(fault)) from None
    except QueryError as fault:
        raise Failure(str(fault)) from None


@contextmanager
def in_use(settings: Settings, token: str | None = None) -> Iterator[Address]:
    """The InfluxDB of these settings; where it is influxlite and does not run, it runs on its folder meanwhile."""
    address = Address(settings.influx_url, settings.influx_org, find_influx_token(settings, token))
    if settings.external_influx or _answers(address.url):
        yield address
    elif (settings.data / "influx").is_dir():
        with started(settings, settings.data / "influx") as own:
            yield own
    else:
        raise Unreachable(
            f"Nobody answers at {address.url}, and {settings.data / 'influx'} does not exist: name the data folder "
            "with --data, or the InfluxDB with INFLUXDB_V2_URL, INFLUXDB_V2_ORG and INFLUXDB_V2_TOKEN."
        )


@contextmanager
def started(settings: Settings, folder: Path) -> Iterator[Address]:
    """influxlite on a folder, on a free port of this machine, until the block ends; Failure says why it does not run.

    Its token is the folder's own where there is one: the next start gives the token anew.
    """
    own = folder.parent / "influxlite-meanwhile.token"
    token_file = admin_token_file(settings)
    if not (token := kept(token_file)):
        token, token_file = secrets.token_urlsafe(32), own
        keep(own, token)
    address = Address(f"http://127.0.0.1:{free_port()}", settings.influx_org, token)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder.parent / "influxlite-meanwhile.log"
    told = {
        "INFLUXLITE_DATA": str(folder),
        "INFLUXLITE_HOST": "127.0.0.1",
        "INFLUXLITE_PORT": address.url.rsplit(":", 1)[1],
        "INFLUXLITE_ORG": settings.influx_org,
        "INFLUXLITE_BUCKET": settings.influx_bucket,
        "INFLUXLITE_TOKEN_FILE": str(token_file),
        "INFLUXLITE_EXIT_WITH_PARENT": "1",
    }
    command = [sys.executable, "-m", "influxlite", "serve"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **told}, stdout=out, stderr=out)  # noqa: S603
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _answers(address.url):
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip().splitlines()
                raise Failure(f"influxlite does not start on {folder}: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.unlink(missing_ok=True)
        own.unlink(missing_ok=True)


def _answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{url}/health", timeout=2).json().get("status") == "pass"
    except (requests.RequestException, ValueError, AttributeError):
        return False


class Buckets:
    """The buckets of an organization, to be made, filled, renamed and told how long they keep points."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.connection = Connection(address)
        timeout: Any = tuple(seconds * 1000 for seconds in TIMEOUT_S)
        self.client = InfluxDBClient(address.url, address.token or "", org=address.org, timeout=timeout)
        self._api = self.client.buckets_api()
        self._write = self.client.write_api(write_options=SYNCHRONOUS)

    def __enter__(self) -> "Buckets":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.client.close()

    def all(self) -> dict[str, Bucket]:
        """Every bucket that the token sees, by name."""
        found: dict[str, Bucket] = {}
        while True:
            offset = len(found)
            page = self.call(
                "read the buckets",
                lambda offset=offset: self._api.find_buckets(org=self.address.org, limit=PAGE, offset=offset),
            )
            found |= {bucket.name: bucket for bucket in page.buckets or []}
            if len(page.buckets or []) < PAGE:
                return found

    def org_id(self) -> str:
        """The id of the organization; Failure where the token does not see it."""
        found = self.call(
            "read the organization", lambda: self.client.organizations_api().find_organizations(org=self.address.org)
        )
        if not found:
            raise Refused(f"{self.address.url} shows no organization {self.address.org} to this token.")
        return found[0].id

    def make(self, name: str, retention_s: int) -> Bucket:
        """A new bucket."""
        return self.call(
            f"make the bucket {name}",
            lambda: self._api.create_bucket(
                bucket_name=name, retention_rules=_rules(retention_s), org=self.address.org
            ),
        )

    def keep(self, bucket: Bucket, retention_s: int) -> None:
        """Let a bucket keep points for so long; 0 is for ever."""
        bucket.retention_rules = _rules(retention_s)
        self.call(f"set how long {bucket.name} keeps points", lambda: self._api.update_bucket(bucket=bucket))

    def rename(self, bucket: Bucket, name: str) -> None:
        """Give a bucket another name."""
        old, bucket.name = bucket.name, name
        self.call(f"rename the bucket {old} to {name}", lambda: self._api.update_bucket(bucket=bucket))

    def drop(self, bucket: Bucket) -> None:
        """Delete a bucket with its points."""
        self.call(f"delete the bucket {bucket.name}", lambda: self._api.delete_bucket(bucket))

    def write(self, name: str, lines: bytes) -> None:
        """Write points in nanoseconds; Failure where one is refused."""
        self.call(
            f"write to {name}",
            lambda: self._write.write(name, self.address.org, lines, write_precision=_NANOSECONDS),
        )

    def call(self, what: str, call: Any) -> Any:
        """Call InfluxDB; its refusals and absence as the command line's."""
        try:
            return call()
        except ApiException as problem:
            said = f"{self.address.url} answers {problem.status} when asked to {what}"
            if problem.status in (401, 403, 404):
                raise Refused(
                    f"{said}: give INFLUXDB_V2_TOKEN a token that may do that in this organization."
                ) from None
            raise Failure(f"{said}: {problem.message or problem.body or problem.reason}") from None
        except (HTTPError, OSError) as problem:
            raise Unreachable(
                f"Nobody answers at {self.address.url} when asked to {what} ({type(problem).__name__})."
            ) from None


def retention_s(bucket: Bucket) -> int:
    """For how many seconds a bucket keeps points; 0 is for ever."""
    rules: list[BucketRetentionRules] = bucket.retention_rules or []
    return next((rule.every_seconds for rule in rules if rule.every_seconds), 0)


def _rules(retention: int) -> list[BucketRetentionRules]:
    return [BucketRetentionRules(type="expire", every_seconds=retention, shard_group_duration_seconds=0)]
