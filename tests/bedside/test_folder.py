"""The data folder is looked at before anything starts, and each obstacle is one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bedside import folder
from bedside.errors import Failure
from bedside.settings import Settings


def settings_for(path: Path) -> Settings:
    """Settings with this data folder and defaults for the rest."""
    return Settings.load(data=path)


def test_a_new_folder_is_made_and_can_be_taken(tmp_path: Path) -> None:
    """A folder that does not exist yet is made, with parents."""
    settings = settings_for(tmp_path / "deep" / "data")
    folder.prepare(settings)
    os.close(folder.take(settings))
    assert settings.run_folder.is_dir()


def test_points_of_an_older_version_become_the_owners(tmp_path: Path) -> None:
    """Where the folder of the points was made for all to look into, it is closed."""
    points = tmp_path / "influx"
    points.mkdir()
    points.chmod(0o755)
    folder.prepare(settings_for(tmp_path))
    assert points.stat().st_mode & 0o777 == 0o700


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is said so."""
    (tmp_path / "data").write_text("")
    with pytest.raises(Failure, match="is a file, not a folder"):
        folder.prepare(settings_for(tmp_path / "data"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A place that lets nobody write (here: inside /proc, which stops even root) gives the system's reason."""
    with pytest.raises(Failure, match=r"cannot be written \(.+\)"):
        folder.prepare(settings_for(Path("/proc/self/data")))


def test_a_second_one_on_the_same_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    """The lock names the process that holds it, and goes when that process is killed."""
    settings = settings_for(tmp_path)
    folder.prepare(settings)
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom bedside import folder\n"
        "from bedside.settings import Settings\n"
        "folder.take(Settings.load(data=Path(sys.argv[1]))); print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Failure, match=rf"already runs on .* \(process {holder.pid}\)"):
        folder.take(settings)
    holder.kill()
    holder.wait()
    os.close(folder.take(settings))
