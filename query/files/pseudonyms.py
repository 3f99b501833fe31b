"""Strangers for patients: a keyed hash gives the same pseudonym for the same MRN, and no way back without the key."""

import hashlib
import hmac

import polars as pl

from query.files.errors import ExportProblem

SHORTEST_KEY_BYTES = 16


class Pseudonyms:
    """Pseudonyms by one key. Whoever has the key can test a guess of an MRN, so it is kept like the data itself."""

    def __init__(self, key: bytes, *, keep_rooms: bool = False) -> None:
        """ExportProblem where the key has less than 16 bytes; rooms are left out unless `keep_rooms`."""
        if len(key) < SHORTEST_KEY_BYTES:
            raise ExportProblem(f"a pseudonym key has {SHORTEST_KEY_BYTES} bytes or more, this one has {len(key)}")
        self._key = key
        self._keep_rooms = keep_rooms
        self._known: dict[str, str] = {}

    def mrn(self, mrn: str) -> str:
        """`P-` and 20 hexadecimal digits: the first 80 bits of HMAC-SHA-256 of the MRN. It is a valid MRN itself."""
        if mrn not in self._known:
            digest = hmac.new(self._key, b"mrn\0" + mrn.encode(), hashlib.sha256).hexdigest()
            self._known[mrn] = f"P-{digest[:20]}"
        return self._known[mrn]

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame of readings or stays of strangers.

        Flow images are left out: who holds an image finds its reading by the digest. Times stay as they are.
        """
        present = [name for name in ("flow_image",) if name in frame.columns]
        present += [] if self._keep_rooms else [name for name in ("room",) if name in frame.columns]
        return frame.with_columns(
            pl.col("mrn").replace_strict({mrn: self.mrn(mrn) for mrn in frame["mrn"].unique()}, return_dtype=pl.String),
            *(pl.lit(None, pl.String).alias(name) for name in present),
        )
