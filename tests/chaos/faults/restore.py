"""A backup is taken under load and restored on another folder, which then holds all that was acknowledged before it."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from simulator import verify
from tests.chaos.fault import Fault, Scene
from tests.chaos.pipeline import ROOT, Pipeline


class Restore(Fault):
    """What came later may be in it or not; nothing is in it that was never sent."""

    summary = "a restore, on another folder, of a backup that was taken under load"

    def strike(self, scene: Scene) -> None:
        """Back up, restore, start, and hold what is there against the ledger as it was when the backup began."""
        pipeline, options = scene.pipeline, scene.load.options
        assert options.ledger is not None
        archive = pipeline.folder / f"{options.first_room}.tar"
        begun_at = options.ledger.stat().st_size
        _bedside(pipeline.up.environment, "backup", "--to", str(archive), "--data", str(pipeline.data))
        began_s = time.monotonic()
        other = Pipeline(pipeline.folder / f"restored-{options.first_room}", embedded=True)
        _bedside(other.up.environment, "restore", str(archive), "--data", str(other.data))
        scene.injected += 1
        other.start()
        try:
            other.await_ready()
            scene.recovered_s.append(time.monotonic() - began_s)
            ledger = _as_it_was(options.ledger, begun_at)
            there = replace(options, url=other.url, influx_url=other.influx_url, ledger=ledger)
            verdict = verify(there)
            scene.wrong += [f"after the restore: {example}" for example in verdict.examples]
            if not verdict.readings:
                scene.wrong.append("nothing was acknowledged before the backup")
        finally:
            other.stop()


def _bedside(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "bedside.cli", *arguments]
    told = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, f"bedside {arguments[0]}: {told.stderr[-1000:]}"


def _as_it_was(ledger: Path, size: int) -> Path:
    """The ledger whose first `size` bytes tell what was acknowledged; what was sent later may be there."""
    kept, at = [], 0
    for line in ledger.read_bytes().splitlines(keepends=True):
        at += len(line)
        whole = line.endswith(b"\n")
        if whole and (at <= size or "sent" in json.loads(line)):
            kept.append(line)
    made = ledger.with_suffix(".then.jsonl")
    made.write_bytes(b"".join(kept))
    return made
