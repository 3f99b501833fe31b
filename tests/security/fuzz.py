"""Fuzzes the parsers that face a network: `python -m tests.security.fuzz --minutes 60 [--parser flux] [--seed 7]`.

It takes bytes of the corpus (`tests/security/corpus/PARSER/`), of what it found before, and words of the grammar, and
cuts, joins and changes them. Bytes from which something new came are kept in memory as ground for more. What breaks a
promise of `parsers` is made as short as it goes, written into the corpus as `found-…`, and told; the exit code is 1.
From then on the suite holds it. The same seed and corpus give the same bytes.
"""

import argparse
import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.security.parsers import PARSERS, WORDS

CORPUS = Path(__file__).with_name("corpus")
LONGEST = 4096
MOST_KEPT = 5_000
MOST_OUTCOMES = 1_000_000  # what comes after so many is like one of them


def corpus(parser: str) -> list[bytes]:
    """What is kept for a parser, in the order of names."""
    return [file.read_bytes() for file in sorted((CORPUS / parser).iterdir())]


def mutated(rng: random.Random, pool: list[bytes], words: tuple[bytes, ...]) -> bytes:
    """Bytes of the pool, changed in one to four places."""
    data = bytearray(rng.choice(pool))
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        change = rng.randrange(8)
        if change == 0:
            data[at:at] = rng.choice(words)
        elif change == 1:
            data[at : at + len(rng.choice(words))] = rng.choice(words)
        elif change == 2:
            del data[at : min(end, at + rng.choice((1, 2, 8, 64)))]
        elif change == 3:
            data[at:at] = data[at : min(end, at + 64)] * rng.choice((1, 2, 30))
        elif change == 4:
            other = rng.choice(pool)
            cut = rng.randint(0, len(other))
            data[at:end] = other[cut : cut + rng.randint(0, 200)]
        elif change == 5 and data:
            data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
        elif change == 6 and data:
            data[min(at, len(data) - 1)] = rng.choice(b'\x00\t\n\r "\\,=#-+.09aZ{[]}\x7f\x80\xff')
        else:
            data[at:at] = rng.randbytes(rng.choice((1, 4, 16)))
    return bytes(data[:LONGEST])


@dataclass
class Fuzzing:
    """The fuzzing of one parser: how many bytes it was given, what came of them, and what broke it."""

    parser: str
    rng: random.Random
    tried: int = 0
    outcomes: set[str] = field(default_factory=set)
    broken: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def run(self, until: Callable[[], bool]) -> None:
        """Go on until it is so, or until five different promises are broken."""
        check, pool = PARSERS[self.parser], corpus(self.parser)
        for data in pool:
            self._try(check, data)
        while not until() and len(self.broken) < 5:
            data = mutated(self.rng, pool, WORDS[self.parser])
            if self._try(check, data):
                if len(pool) >= MOST_KEPT:
                    pool[self.rng.randrange(len(pool))] = data
                else:
                    pool.append(data)

    def _try(self, check: Callable[[bytes], str], data: bytes) -> bool:
        """Give the bytes to the parser; whether something new came of it."""
        self.tried += 1
        try:
            outcome = check(data)
        except Exception as fault:
            where = place(fault)
            if where not in self.broken:
                self.broken[where] = shortest(check, data, where), traceback.format_exc(limit=-4)
            return False
        if outcome in self.outcomes or len(self.outcomes) >= MOST_OUTCOMES:
            return False
        self.outcomes.add(outcome)
        return True


def place(fault: BaseException) -> str:
    """The kind of a fault and where it was raised: two faults of one place are one defect."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} {Path(last.filename).name}:{last.lineno}"


def shortest(check: Callable[[bytes], str], data: bytes, where: str) -> bytes:
    """The bytes without whatever can go while the fault stays the same."""

    def still(candidate: bytes) -> bool:
        try:
            check(candidate)
        except Exception as fault:
            return place(fault) == where
        return False

    step = max(1, len(data) // 2)
    while step:
        at = 0
        while at < len(data):
            without = data[:at] + data[at + step :]
            if still(without):
                data = without
            else:
                at += step
        step //= 2
    return data


def main() -> int:
    """Fuzz for so many minutes, shared among the parsers; 1 where a promise was broken."""
    options = argparse.ArgumentParser(
        prog="python -m tests.security.fuzz", description=(__doc__ or "").split("\n\n")[0]
    )
    options.add_argument("--minutes", type=float, default=7.0, help="for all parsers together [7]")
    options.add_argument("--parser", choices=PARSERS, action="append", help="only this; may be given several times")
    options.add_argument("--seed", type=int, default=None, help="[a random one, printed]")
    given = options.parse_args()
    parsers = given.parser or list(PARSERS)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}; {given.minutes:g} minutes for {', '.join(parsers)}", flush=True)  # noqa: T201
    faults = 0
    for parser in parsers:
        began = time.monotonic()
        end = began + given.minutes * 60 / len(parsers)
        fuzzing = Fuzzing(parser, random.Random(f"{seed} {parser}"))
        fuzzing.run(lambda end=end: time.monotonic() >= end)
        took = time.monotonic() - began
        print(  # noqa: T201
            f"{parser:14} {fuzzing.tried:>10,} inputs  {fuzzing.tried / took:>8,.0f}/s  "
            f"{len(fuzzing.outcomes):>5} outcomes  {len(fuzzing.broken)} broken",
            flush=True,
        )
        for where, (data, told) in fuzzing.broken.items():
            faults += 1
            kept = CORPUS / parser / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
            kept.write_bytes(data)
            print(f"  {where}: {data[:200]!r}\n  kept as {kept}\n{told}", flush=True)  # noqa: T201
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
