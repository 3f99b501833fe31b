"""Makes the secrets of the compose stack: `python3 compose/make_secrets.py` writes a file each into `secrets/`, once.

Standard library only: it runs before anything is installed. What is there already stays as it is, so that it can be run
again. The folder lets in its owner alone; the files in it are readable, since a container, whose user is another one,
gets to see each file by itself.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = {
    "bedside_admin_token": "the admin's token for the ingest API",
    "influx_admin_password": "the password of InfluxDB's user bedside",
    "influx_admin_token": "InfluxDB's operator token, which makes the others",
    "grafana_admin_password": "the password of Grafana's user admin",
}
RANDOM_BYTES = 32


def make(folder: Path) -> list[str]:
    """Write the secrets that are missing in that folder; their names."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []
    for name in NAMES:
        file = folder / name
        if file.exists() and file.read_text().strip():
            continue
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_hex(RANDOM_BYTES))  # no line end, and no - that begins an option
        file.chmod(0o444)
        made.append(name)
    return made


def main(arguments: list[str]) -> int:
    """Make what is missing and say where it is, never what it is; 0, or 1 with a sentence."""
    parser = argparse.ArgumentParser(description="Make the secrets of the compose stack, where they are missing.")
    parser.add_argument("--folder", type=Path, default=ROOT / "secrets", help="[default: secrets/ of the checkout]")
    folder = parser.parse_args(arguments).folder
    try:
        made = make(folder)
    except OSError as problem:
        sys.stderr.write(f"{problem.filename} cannot be written: {problem.strerror}; name another by --folder.\n")
        return 1
    for name, meaning in NAMES.items():
        sys.stdout.write(f"{'made ' if name in made else 'kept '} {folder / name}  {meaning}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
