"""The schema and its migrations say the same; the committer keeps requests apart."""

import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import ingest.migrations
from ingest import IngestSettings
from ingest.database import Folder, metadata, open_readers, open_writer
from ingest.errors import Conflict, DataFolderError, Failed, SettingsError


def test_migrations_make_the_schema(tmp_path: Path) -> None:
    """After every migration nothing differs from the tables as `database` describes them; undone, nothing is left."""
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(ingest.migrations.__file__).parent))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        command.downgrade(config, "base")
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'").scalars().all()
        assert set(tables) <= {"alembic_version", "sqlite_sequence"}
    engine.dispose()


@pytest.mark.parametrize("older", [False, True])
def test_the_identity_database_is_its_owners_alone(tmp_path: Path, older: bool) -> None:
    """However it is started, and also where an older program made the file for all to read."""
    settings = IngestSettings(data=tmp_path)
    if older:
        open_writer(settings).close()
        settings.database.chmod(0o644)
    writer = open_writer(settings)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("bedside.db*")}
    writer.close()
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_a_newer_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A file that a newer program wrote is left alone."""
    settings = IngestSettings(data=tmp_path)
    folder = Folder(settings)
    writer = open_writer(settings)
    writer.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    writer.commit()
    writer.close()
    with pytest.raises(DataFolderError, match="newer Bedside"):
        open_writer(settings)
    folder.close()


def test_readers_cannot_write(ward: Any) -> None:
    """What reads has no way to write or checkpoint the database that one connection writes."""
    with open_readers(ward.settings).connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM rooms")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A data folder that is a file is one clear sentence."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataFolderError, match="data folder"):
        Folder(IngestSettings(data=tmp_path / "data"))


def test_a_request_that_fails_does_not_spoil_its_group(ward: Any) -> None:
    """Of five requests in one transaction one is refused and one has a fault: only the other three are kept."""
    committer = ward.service.committer
    hold, held = threading.Event(), threading.Event()
    answers: dict[int, Any] = {}

    def block(_tx: Any) -> None:
        held.set()
        hold.wait(30)

    def work(number: int) -> Any:
        def run(tx: Any) -> int:
            tx.write("INSERT INTO quarantine (line, status, reason, quarantined_ms) VALUES (?,1,'',1)", (str(number),))
            tx.room(f"r{number}").dirty = True
            if number == 1:
                raise Conflict("x", "no")
            if number == 3:
                raise sqlite3.IntegrityError("a fault")
            return number

        return run

    def ask(number: int) -> None:
        try:
            answers[number] = committer.submit(work(number))
        except Exception as problem:
            answers[number] = type(problem)

    groups = committer.groups
    blocker = threading.Thread(target=committer.submit, args=(block,))
    blocker.start()
    held.wait(30)
    askers = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for asker in askers:
        asker.start()
    while committer.waiting < 6:
        pass
    hold.set()
    for thread in (blocker, *askers):
        thread.join()
    assert answers == {0: 0, 1: Conflict, 2: 2, 3: Failed, 4: 4}
    assert committer.groups - groups <= 3
    with ward.service.readers.connect() as connection:
        assert connection.exec_driver_sql("SELECT line FROM quarantine ORDER BY line").scalars().all() == [
            "0",
            "2",
            "4",
        ]
        assert connection.exec_driver_sql("SELECT room FROM rooms ORDER BY room").scalars().all() == ["r0", "r2", "r4"]


def test_the_first_admin_token_is_made_and_shown_once(
    start: Callable[..., Any], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without BEDSIDE_ADMIN_TOKEN the first start makes one and shows it; later starts show none; its hash is kept."""
    monkeypatch.delenv("BEDSIDE_ADMIN_TOKEN", raising=False)
    ward = start(admin_token=None)
    match = re.search(r"admin token is (bedside_\S+) ", capfd.readouterr().err)
    assert match
    ward.tokens["admin"] = match[1]
    assert ward.call("GET", "/v1/tokens", role="admin").status_code == 200
    ward.stop()
    again = start(admin_token=None)
    assert "admin token" not in capfd.readouterr().err
    assert again.call("GET", "/v1/tokens", role="admin", headers={"Authorization": f"Bearer {match[1]}"}).ok
    assert match[1].encode() not in again.settings.database.read_bytes()


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`…_FILE` names a file that holds the secret; what is not SQLite is refused."""
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv("BEDSIDE_ADMIN_TOKEN_FILE", str(tmp_path / "token"))
    token = IngestSettings().admin_token
    assert token is not None
    assert token.get_secret_value() == "from-a-file"
    with pytest.raises(SettingsError, match="sqlite:///"):
        IngestSettings(database_url="postgresql://x/y")
