"""SQL reaches the storage's own files alone, and nothing that it says changes that."""

from pathlib import Path

import duckdb
import pytest

from influxlite.storage import Storage

SECRET = "what stands in another file"
REACHING = (
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM '{file}'",
    "SELECT * FROM glob('{folder}/*')",
    "COPY (SELECT 1) TO '{folder}/made.csv'",
    "COPY meta FROM '{file}'",
    "EXPORT DATABASE '{folder}/made'",
    "ATTACH '{folder}/made.duckdb'",
    "SET temp_directory = '{folder}'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['{folder}']",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET threads = 64",
    "SET memory_limit = '1TB'",
    "LOAD '{file}'",
    "INSTALL httpfs",
)


@pytest.mark.parametrize("sql", REACHING)
def test_no_sql_reaches_another_file(tmp_path: Path, sql: str) -> None:
    """Reading, writing, attaching, loading, and each way of allowing it are refused."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.csv").write_text(f"a\n{SECRET}\n")
    storage = Storage.open(tmp_path / "data")
    try:
        with pytest.raises(duckdb.Error) as refused:
            storage.connection().execute(sql.format(file=elsewhere / "secret.csv", folder=elsewhere)).fetchall()
        assert SECRET not in str(refused.value)
    finally:
        storage.close()
    assert [file.name for file in elsewhere.iterdir()] == ["secret.csv"]


def test_its_own_files_are_reached(tmp_path: Path) -> None:
    """What does not fit into memory is spilled, and a checkpoint is taken."""
    storage = Storage.open(tmp_path / "data", memory_limit_mb=48)
    try:
        connection = storage.connection()
        connection.execute("CREATE TEMP TABLE large AS SELECT hash(range)::VARCHAR AS a FROM range(2000000)")
        assert connection.execute("SELECT count(*) > 0 FROM duckdb_temporary_files()").fetchone() == (True,)
        connection.execute("CREATE TABLE kept AS SELECT range AS a FROM range(100000)")
        connection.execute("CHECKPOINT")
    finally:
        storage.close()
    again = Storage.open(tmp_path / "data", memory_limit_mb=48)
    try:
        assert again.connection().execute("SELECT count(*) FROM kept").fetchone() == (100_000,)
    finally:
        again.close()
