"""What is there from the start: an organization with its buckets, and the tokens given on the command line."""

import time
from dataclasses import replace

from influxlite.storage.catalogue import (
    SYSTEM_RETENTION_S,
    Bucket,
    Org,
    Token,
    hash_token,
    make_bucket,
    make_org,
    new_id,
)
from influxlite.storage.storage import Storage

DESCRIPTIONS = {"_tasks": "System bucket for task logs", "_monitoring": "System bucket for monitoring logs"}
OPERATOR_ID = "0000000000000001"
OPERATOR, READER, WRITER = FROM_COMMAND_LINE = tuple(
    f"{who}, from the command line" for who in ("operator", "reader", "writer")
)
"""Descriptions by which a start knows the tokens of the one before: no other token has one, and they keep theirs."""


def add_org(storage: Storage, org: Org) -> Org:
    """Store a new organization with its two system buckets. NameTakenError where its name is taken."""
    storage.save(org)
    for name, retention_s in SYSTEM_RETENTION_S.items():
        storage.save(make_bucket(org.id, name, retention_s=retention_s, description=DESCRIPTIONS[name], kind="system"))
    return org


def set_up(
    storage: Storage,
    *,
    org: str,
    bucket: str,
    token: str,
    read_token: str | None = None,
    write_token: str | None = None,
    retention_s: int = 0,
) -> tuple[Org, Bucket]:
    """Make sure that organization, bucket and tokens exist; an existing bucket keeps its own retention.

    The tokens given replace those given at the last start, so that a secret that was changed stops working.
    """
    found = storage.catalogue.org(name=org) or add_org(storage, make_org(org))
    target = storage.find_bucket(found.id, name=bucket)
    if target is None:
        target = storage.save(make_bucket(found.id, bucket, retention_s=retention_s))
    _put_token(storage, found, OPERATOR, token)
    _put_token(storage, found, READER, read_token)
    _put_token(storage, found, WRITER, write_token)
    return found, target


def _put_token(storage: Storage, org: Org, description: str, secret: str | None) -> None:
    """Let one of the tokens of the command line be this one, or none."""
    operator = description == OPERATOR
    old = [one for one in storage.catalogue.tokens() if one.description == description or (operator and one.operator)]
    digest = hash_token(secret) if secret else None
    for one in old:
        if one.hash != digest or one.org_id != org.id:
            storage.drop(one)
    if digest is None or any(one.hash == digest and one.org_id == org.id for one in old):
        return
    now = time.time_ns()
    held = Token(new_id(), org.id, OPERATOR_ID, digest, description, "active", now, now, operator=operator)
    if not operator:
        buckets = {"type": "buckets", "orgID": org.id}
        may = [("read", buckets), ("read", {"type": "orgs", "id": org.id})]
        may += [("write", buckets)] if description == WRITER else []
        held = replace(held, permissions=[{"action": action, "resource": resource} for action, resource in may])
    storage.save(held)
