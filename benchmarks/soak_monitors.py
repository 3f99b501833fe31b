"""The monitors of a soak, a process of its own: `python benchmarks/soak_monitors.py URL LEDGER SECONDS ROOMS RATE`.

Each room has one monitor, which measures so many times a second that the ward comes to `RATE` readings, and posts every
20 of them as one array over a connection of its own. A patient stays for 15 minutes. One batch in a hundred is sent
twice, as after a lost answer, and one in two hundred is held back for half a minute. What a server refuses for now, and
what it does not answer, is sent again. The token comes by BEDSIDE_TOKEN.

Every reading is a function of its room and number (`Ward`, `VALUES`), so the ledger holds batches alone: a record for
each that was answered, appended as it is answered. `soak_verify.py` holds the database against it.
"""

import asyncio
import contextlib
import heapq
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import load
import numpy as np

BATCH = 20
JSON = "application/json"
STAY_S = 900.0
HELD_S = 30.0
FIRST_ROOM, FIRST_MRN, MRNS_A_ROOM = 101, 100_000, 1_000
PATIENCE_S = 30.0  # how long an answer is waited for, and how long after the end a batch is still sent again
NEW, AGAIN, UNANSWERED, REFUSED = range(4)
RECORD = np.dtype(
    [("room", "<u4"), ("batch", "<u4"), ("due_s", "<f8"), ("took_s", "<f4"), ("kind", "<u1"), ("tries", "<u1")]
)
"""A batch in the ledger: the room's place, the number of the batch in it, when it was due (Unix time), how long after
that it was answered, how it ended, and how often it was sent."""

Whole = TypeVar("Whole", int, np.ndarray)
"""A whole number, or an array of them: what is asked of one reading is asked of many at once when they are checked."""

CYCLE = 1_000
VALUES = {
    "cpap_pressure": np.round(8 + np.arange(CYCLE) % 40 / 10, 1),
    "breath_rate": np.round(12 + np.arange(CYCLE) * 7 % 60 / 10, 1),
    "apnea_count": np.maximum(0, np.arange(CYCLE) % 30 - 27),
    "leak_rate": np.round(np.arange(CYCLE) * 11 % 260 / 10, 1),
    "spo2": np.round(89 + np.arange(CYCLE) % 90 / 10, 1),
    "mask_on": np.arange(CYCLE) % 9 > 0,
}
TAILS = [json.dumps({name: values[i].item() for name, values in VALUES.items()})[1:].encode() for i in range(CYCLE)]


@dataclass(frozen=True)
class Ward:
    """What its monitors measure: `step_ms` lies between two readings of a room, the first is at `begin_ms`."""

    begin_ms: int
    rooms: int
    step_ms: int

    @property
    def batch_ms(self) -> int:
        """How long a monitor gathers for one batch."""
        return BATCH * self.step_ms

    def moment_ms(self, number: Whole) -> Whole:
        """When the reading was measured, in every room."""
        return self.begin_ms + number * self.step_ms

    def mrn(self, room: Whole, number: Whole) -> Whole:
        """Whose reading it is; the rooms turn over one after the other."""
        length = int(STAY_S * 1000) // self.step_ms
        return FIRST_MRN + room * MRNS_A_ROOM + (number + room * length // self.rooms) // length

    def body(self, room: int, batch: int) -> bytes:
        """The array that is posted."""
        found = []
        for number in range(batch * BATCH, (batch + 1) * BATCH):
            seconds, ms = divmod(self.moment_ms(number), 1000)
            moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            head = f'{{"room":{FIRST_ROOM + room},"mrn":{self.mrn(room, number)},"time":"{moment}.{ms:03d}Z",'
            found.append(head.encode() + TAILS[place(room, number)])
        return b"[" + b",".join(found) + b"]"

    def due_s(self, room: int, batch: int) -> float:
        """When the batch is sent, Unix time: when it is full, the rooms spread over the time that takes."""
        return (self.begin_ms + self.batch_ms * (batch + 1 + room / self.rooms)) / 1000


def place(room: Whole, number: Whole) -> Whole:
    """Which of the values a reading has."""
    return (number * 7 + room * 131) % CYCLE


def twice(room: int, batch: int) -> bool:
    """Whether the batch is sent again although it was answered."""
    return (room * 31 + batch) % 100 == 7


def held(room: int, batch: int) -> bool:
    """Whether the batch is held back and comes late."""
    return (room * 17 + batch) % 200 == 3


class Monitor:
    """One room's monitor and its connection."""

    def __init__(self, url: str, ward: Ward, room: int, ledger: int, ended: asyncio.Event) -> None:
        self._url, self._ward, self._room, self._ledger, self._ended = url, ward, room, ledger, ended
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.faults: Counter[str] = Counter()

    async def run(self) -> None:
        """Send each batch when it is due, and those that were held back when their time has come, until the end."""
        waiting: list[tuple[float, int]] = []
        batch = 0
        while not self._ended.is_set():
            due_s = self._ward.due_s(self._room, batch)
            late = bool(waiting) and waiting[0][0] < due_s
            when_s, number = heapq.heappop(waiting) if late else (due_s, batch)
            if not await self._until(when_s):
                if late:
                    heapq.heappush(waiting, (when_s, number))
                break
            batch += not late
            if held(self._room, number) and not late:
                heapq.heappush(waiting, (when_s + HELD_S, number))
                continue
            await self._post(number, when_s)
        for _, number in sorted(waiting):
            await self._post(number, time.time())
        if self._writer is not None:
            self._writer.close()

    async def _until(self, when_s: float) -> bool:
        """Wait; False where the end came first."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), max(0.0, when_s - time.time()))
        return not self._ended.is_set()

    async def _post(self, batch: int, due_s: float) -> None:
        """Send a batch until it is answered for good, and again where that is its lot; a record of each."""
        request = load.request(self._url, os.environ["BEDSIDE_TOKEN"], self._ward.body(self._room, batch), JSON)
        for kind in (NEW, AGAIN) if twice(self._room, batch) else (NEW,):
            tries, give_up_s = 0, time.monotonic() + PATIENCE_S
            while True:
                tries += 1
                status, answer, pause_s = await self._send(request)
                if status == 200:
                    break
                self.faults[f"status {status}" if status else "no answer"] += 1
                if status and status not in (408, 429, 503):
                    break
                if not self._ended.is_set():
                    give_up_s = time.monotonic() + PATIENCE_S
                elif time.monotonic() > give_up_s:
                    break
                await asyncio.sleep(pause_s)
            ended = self._judged(status, answer, kind)
            took_s = time.time() - due_s if kind == NEW else 0.0
            row = np.array([(self._room, batch, due_s, took_s, ended, min(tries, 255))], RECORD)
            os.write(self._ledger, row.tobytes())
            due_s = time.time()

    def _judged(self, status: int, answer: bytes, kind: int) -> int:
        """How the batch ended. A second sending has to be known whole already."""
        if status != 200:
            return REFUSED if status else UNANSWERED
        told = json.loads(answer)
        if told["accepted"] + told["duplicate"] != BATCH:
            self.faults["a reading was rejected"] += 1
            return REFUSED
        if kind == AGAIN and told["accepted"]:
            self.faults["a repeated reading was taken for new"] += 1
        return kind

    async def _send(self, request: bytes) -> tuple[int, bytes, float]:
        """Status, body, and how long to wait before the next try; status 0 where no answer came."""
        try:
            return await asyncio.wait_for(self._exchange(request), PATIENCE_S)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            if self._writer is not None:
                self._writer.close()
            self._reader = self._writer = None
            return 0, b"", 0.5

    async def _exchange(self, request: bytes) -> tuple[int, bytes, float]:
        if self._reader is None or self._writer is None:
            address = load.urlsplit(self._url)
            self._reader, self._writer = await asyncio.open_connection(address.hostname, address.port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
        body = await self._reader.readexactly(int(fields.get(b"content-length", b"0")))
        return int(head.split(b" ", 2)[1]), body, float(fields.get(b"retry-after", b"0.5"))


async def monitors(url: str, path: Path, seconds: float, ward: Ward) -> Counter[str]:
    """Run all of them for so long, or until SIGTERM; what was not as it should be, and how often."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.call_later(seconds, ended.set)
    ledger = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        every = [Monitor(f"{url}/v1/readings", ward, room, ledger, ended) for room in range(ward.rooms)]
        await asyncio.gather(*(monitor.run() for monitor in every))
        return sum((monitor.faults for monitor in every), Counter())
    finally:
        os.close(ledger)


def main() -> None:
    """Run the monitors; the last line of the output is the faults as JSON."""
    url, path, seconds, begin_ms, rooms, step_ms = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this says when it ends
    ward = Ward(int(begin_ms), int(rooms), int(step_ms))
    print(json.dumps(asyncio.run(monitors(url, Path(path), float(seconds), ward))))


if __name__ == "__main__":
    main()
