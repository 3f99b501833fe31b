"""Flow images on disk: there whole and durable before anything names them."""

import errno
import os
from pathlib import Path

import pytest

from ingest.errors import Unavailable
from ingest.images import PNG, ImageStore, digest


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells what a descriptor is of")
def test_an_image_whose_name_was_not_made_durable_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses to sync the folder has kept nothing: the next request does not find it there."""
    content = PNG + b"of a night"
    folder = tmp_path / digest(content)[:2]
    store, synced = ImageStore(tmp_path), []
    sync, refused = os.fsync, [True]

    def fsync(descriptor: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        if place == folder and refused:
            refused.clear()
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)
        synced.append(place)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(Unavailable):
        store.hold(content)
    assert store.read(digest(content)) is None
    store.release(store.hold(content), kept=True)
    assert folder in synced
    assert store.read(digest(content)) == content
