"""A monitor: it measures, stamps with its own clock, buffers, sends, and holds each answer against the contract."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from simulator.faults import Fault, Loss
from simulator.ledger import Ledger
from simulator.link import Answer, Link, Request
from simulator.reading import Reading
from simulator.report import Tally
from simulator.times import from_rfc3339, now_ms, rfc3339

PATH = "/v1/readings"


@dataclass(frozen=True, slots=True)
class Habit:
    """How a make of device talks: NDJSON or arrays, identifiers as text or numbers, with Idempotency-Key or not."""

    ndjson: bool
    as_text: bool
    keyed: bool

    @classmethod
    def of(cls, number: int) -> "Habit":
        """The habit of the ward's device of that number: all combinations occur among eight neighbours."""
        return cls(ndjson=bool(number & 1), as_text=bool(number & 2), keyed=bool(number & 4))


class Monitor:
    """One device in one room.

    `measured` hands it readings in the order of measurement; its faults decide what is sent when. It sends at most
    `batch_size` readings a request, alone as one object, several as NDJSON or an array. A reading that it sent stays
    its own until it is acknowledged or refused; everything goes through the ledger.
    """

    def __init__(
        self,
        device: str,
        link: Link,
        ledger: Ledger,
        tally: Tally,
        faults: Iterable[Fault],
        habit: Habit,
        batch_size: int,
    ) -> None:
        """A device of that name."""
        self.device = device
        self._link = link
        self._ledger = ledger
        self._tally = tally
        self._faults = list(faults)
        self._habit = habit
        self._batch_size = batch_size
        self._waiting: list[Reading] = []

    def measured(self, reading: Reading) -> None:
        """Take a reading with its true time; send when a batch is full."""
        stamped = replace(reading, device=self.device, stamp_ms=reading.at_ms + self._offset_ms(reading.at_ms))
        for ready in self._through_faults([stamped]):
            self._waiting.append(ready)
            if len(self._waiting) >= self._batch_size:
                self.send()

    def send(self) -> None:
        """Send what is waiting, and come back when all of it is answered."""
        while self._waiting:
            # A request names a reading once: a second part or a repeat is for the next one, as devices do it.
            batch, rest, seen = [], [], set()
            for index, reading in enumerate(self._waiting):
                identity = (reading.room, reading.mrn, reading.stamp_ms)
                if identity in seen or len(batch) == self._batch_size:
                    rest = self._waiting[index:]
                    break
                seen.add(identity)
                batch.append(reading)
            self._waiting = rest
            self._deliver(batch)

    def finish(self) -> None:
        """Send everything, also what the faults hold back: the end of a simulation."""
        for index, fault in enumerate(self._faults):
            held = fault.empty()
            for later in self._faults[index + 1 :]:
                held = [ready for reading in held for ready in later.hand_over(reading)]
            self._waiting.extend(held)
        self.send()

    def _offset_ms(self, at_ms: int) -> int:
        """How far the device's clock is ahead at that true instant."""
        return sum(fault.offset_ms(at_ms) for fault in self._faults)

    def _through_faults(self, readings: list[Reading]) -> list[Reading]:
        """What the monitor would send now, after each fault in turn."""
        for fault in self._faults:
            readings = [ready for reading in readings for ready in fault.hand_over(reading)]
        return readings

    def _lose(self) -> Loss:
        """What becomes of the next answer: the first fault that loses it decides."""
        return next((loss for fault in self._faults if (loss := fault.lose()) is not Loss.NONE), Loss.NONE)

    def _deliver(self, batch: list[Reading]) -> None:
        """Send a batch until it is answered, and enter the answer."""
        number = self._ledger.sent(batch)
        self._tally.count("sent", len(batch))
        self._tally.count("requests")
        answers = self._link.post(PATH, lambda: self._request(batch), self._lose)
        seen = [self._read(batch, answer) for answer in answers]
        final = seen[-1]
        if len(answers) > 1:
            self._compare(batch, answers, seen)
        accepted = [(index, time_ms, flags) for index, (time_ms, flags) in sorted(final.items())]
        self._ledger.acknowledged(number, accepted)
        for index, _, flags in accepted:
            name = batch[index].name
            if name is not None:
                self._ledger.named(batch[index].mrn, name)
            self._tally.count("late", "late" in flags)
            self._tally.count("skew_corrected", "skew-corrected" in flags)
        self._tally.count("acknowledged", len(accepted))

    def _request(self, batch: list[Reading]) -> Request:
        """One attempt's body and headers. A wrong clock tells its own time, new for each attempt."""
        habit = self._habit
        items = [reading.to_wire(as_text=habit.as_text) for reading in batch]
        headers = {"Content-Type": "application/json"}
        offset_ms = self._offset_ms(batch[-1].at_ms)
        if offset_ms and len(batch) == 1:
            items[0]["sent_at"] = rfc3339(now_ms() + offset_ms)
        elif offset_ms:
            headers["Bedside-Sent-At"] = rfc3339(now_ms() + offset_ms)
        if len(batch) == 1:
            body = json.dumps(items[0]).encode()
        elif habit.ndjson:
            headers["Content-Type"] = "application/x-ndjson"
            body = b"".join(json.dumps(item).encode() + b"\n" for item in items)
        else:
            body = json.dumps(items).encode()
        if habit.keyed and not offset_ms:
            headers["Idempotency-Key"] = hashlib.sha256(body).hexdigest()
        return body, headers

    def _read(self, batch: list[Reading], answer: Answer) -> dict[int, tuple[int, list[str]]]:
        """What an answer accepted: (time in ms, flags) by index. What the contract does not foresee is a surprise."""
        if answer.status != (201 if len(batch) == 1 else 200):
            self._tally.count("refused", len(batch))
            self._tally.surprise(f"{answer.status} {title(answer.body)} to POST {PATH}")
            return {}
        try:
            told = json.loads(answer.body)
            items = [told] if len(batch) == 1 else told["results"]
            if len(items) != len(batch):
                raise ValueError("as many results as readings")
            return dict(self._items(batch, items))
        except (ValueError, KeyError, TypeError) as error:
            self._tally.surprise(f"an answer to POST {PATH} that is not the contract's ({type(error).__name__})")
            return {}

    def _items(self, batch: list[Reading], items: list[Any]) -> Iterable[tuple[int, tuple[int, list[str]]]]:
        """The accepted items of an answer, each held against the reading that it answers."""
        for index, (reading, item) in enumerate(zip(batch, items, strict=True)):
            if item.get("index", index) != index:
                self._tally.surprise("results that are not in the order sent")
            if item["status"] not in ("accepted", "duplicate"):
                self._tally.count("refused")
                self._tally.surprise(f"a reading refused: {title(json.dumps(item.get('problem', {})).encode())}")
                continue
            if (str(item["room"]), str(item["mrn"])) != (reading.room, reading.mrn):
                self._tally.surprise("an answer that names another room or patient")
            self._tally.count("repeated", bool(item.get("duplicate")))
            yield index, (from_rfc3339(item["time"]), list(item["flags"]))

    def _compare(
        self, batch: list[Reading], answers: list[Answer], seen: list[dict[int, tuple[int, list[str]]]]
    ) -> None:
        """An answer that got lost and the one that came after it must say the same; a single one byte for byte."""
        for earlier, answer in zip(seen[:-1], answers[:-1], strict=True):
            if earlier != seen[-1]:
                self._tally.surprise("a repeated request was answered with other times or flags")
            elif len(batch) == 1 and answer.body != answers[-1].body:
                self._tally.surprise("a repeated reading was not answered byte for byte the same")


def kind(body: bytes) -> str:
    """The type of a problem document; "" for anything else."""
    try:
        return str(json.loads(body)["type"])
    except (ValueError, KeyError, TypeError):
        return ""


def title(body: bytes) -> str:
    """The type or title of a problem document, which never repeats a value; `no problem document` for anything else."""
    try:
        problem = json.loads(body)
        fields = ", ".join(str(error.get("field")) for error in problem.get("errors") or [])
        title = str(problem.get("title") or problem.get("type") or "no problem document")
        return f"{title} ({fields})" if fields else title
    except (ValueError, AttributeError):
        return "no problem document"
