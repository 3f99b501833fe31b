"""The database is of an earlier Bedside: each revision that there ever was is started from, under load."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import ingest
from tests.chaos.fault import Fault, Scene


class Upgrade(Fault):
    """What an earlier schema cannot hold is gone by going back to it, and nothing else is."""

    summary = "a start on the data of every earlier migration, with readings coming"

    def strike(self, scene: Scene) -> None:
        """Stop, take the schema back, start: once for each revision before the newest."""
        config = Config()
        config.set_main_option("script_location", str(Path(ingest.__file__).parent / "migrations"))
        script = ScriptDirectory.from_config(config)
        head = script.get_current_head()
        for revision in [one.revision for one in script.walk_revisions() if one.revision != head]:
            with scene.pipeline.down():
                taken_back(scene.pipeline.data / "bedside.db", config, revision)
            scene.injected += 1
            scene.recover_from_now()
            scene.load.more(50)
            if revision_of(scene.pipeline.data / "bedside.db") != head:
                scene.wrong.append(f"the database was not brought up to date from {revision}")


def taken_back(database: Path, config: Config, revision: str) -> None:
    """Make the database what it was at that revision; nobody else has it open."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()
    assert revision_of(database) == revision


def revision_of(database: Path) -> str:
    """The revision that a database says it is at; read only."""
    engine = create_engine(f"sqlite:///file:{database}?mode=ro&uri=true")
    with engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return revision
