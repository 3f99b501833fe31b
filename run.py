#!/usr/bin/env python3
"""Sets Bedside up in this checkout and runs it: needs Python 3.11 or newer with pip, and nothing else.

    python3 run.py up [--demo …]    set up what is missing, then start the whole pipeline (`bedside up`)
    python3 run.py test [ARG …]     set up what is missing, then run every test (`pytest ARG …`)
    python3 run.py setup            set up only

The environment is `.venv/`; everything in it comes from `requirements/*.txt`, each file checked against its hash.
uv makes it, taken from PyPI into `.tools/` where it is not there yet. No Python is downloaded, nothing outside this
folder is changed, and a second run with unchanged requirements starts at once.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
REQUIREMENTS = {"up": ["run.txt"], "setup": ["run.txt"], "test": ["test.txt"]}


def main(arguments: list[str]) -> int:
    """Set up what the command needs and become it; the exit code is the command's own."""
    command = arguments[0] if arguments else ""
    if command in ("", "-h", "--help") or command not in REQUIREMENTS:
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    if os.name == "nt":
        print(
            "Bedside runs on Linux and macOS; on Windows, run it inside WSL (https://learn.microsoft.com/windows/wsl/)."
        )
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what meets an old Python first
        print(f"Bedside needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: python3.11 run.py {command}")
        return 2
    problem = set_up(REQUIREMENTS[command])
    if problem:
        print(f"run.py: {problem}", file=sys.stderr)
        return 1
    if command == "setup":
        return 0
    program = (
        [str(VENV / "bin" / "bedside"), "up"] if command == "up" else [str(VENV / "bin" / "python"), "-m", "pytest"]
    )
    os.chdir(ROOT)
    os.execv(program[0], [*program, *arguments[1:]])  # the shell's Ctrl-C and exit code go straight to the command


def set_up(files: list[str]) -> str | None:
    """Bring `.venv` in line with the requirement files; the sentence that says what failed, or None."""
    wanted = [ROOT / "requirements" / name for name in files]
    stamp = VENV / f".set-up-{wanted[-1].stem}"
    state = fingerprint([*wanted, ROOT / "pyproject.toml"])
    python = VENV / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text() == state:
        return None
    print(f"Setting up {VENV.name}/ (once; later starts skip this) …", flush=True)
    uv = find_uv()
    if isinstance(uv, str):
        return uv
    steps = []
    if not works(python):
        steps.append(["venv", "--clear", "--python", sys.executable, str(VENV)])
    hashed = [argument for file in wanted for argument in ("--requirements", str(file))]
    # Compiled once, here: each part that starts would else compile what it imports, for half of the time to be ready.
    compiled = ["pip", "install", "--compile-bytecode", "--python", str(python)]
    steps.append([*compiled, "--require-hashes", *hashed])
    steps.append(
        ["pip", "install", "--python", str(python), "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    )
    for step in steps:
        if subprocess.run([str(uv), "--quiet", *step], env=uv_environment()).returncode:
            return (
                f"`uv {' '.join(step[:2])}` failed, see the lines above. With no way to a package index nothing can be "
                "set up: check the network or the proxy, then run the same command again."
            )
    stamp.write_text(state)
    return None


def fingerprint(files: list[Path]) -> str:
    """A digest of the files and of the Python that runs this: when it changes, the environment is brought in line."""
    digest = hashlib.sha256(f"{sys.executable} {sys.version} {ROOT}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def works(python: Path) -> bool:
    """Whether that interpreter starts and is of this version: an environment outlives the Python that it points at."""
    try:
        told = subprocess.run([str(python), "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
    except OSError:
        return False
    return told.returncode == 0 and told.stdout.strip() == sys.version


def find_uv() -> Path | str:
    """The uv of `.tools/`, installed there by pip when it is missing; a sentence when that fails.

    `pip install --target` is what a distribution's Python allows: it guards its own folders only (PEP 668).
    """
    uv = TOOLS / "bin" / "uv"
    pinned = ROOT / "requirements" / "uv.txt"
    stamp = TOOLS / ".set-up-uv"
    state = fingerprint([pinned])
    if uv.exists() and stamp.exists() and stamp.read_text() == state:
        return uv
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--root-user-action=ignore",
        "--upgrade",
        "--target",
        str(TOOLS),
        "--require-hashes",
        "-r",
        str(pinned),
    ]
    if subprocess.run(command).returncode or not uv.exists():
        return (
            "pip could not install uv into .tools/, see the lines above. Where Python has no pip, install it first "
            "(Debian, Ubuntu: apt install python3-pip), then run the same command again."
        )
    stamp.write_text(state)
    return uv


def uv_environment() -> dict[str, str]:
    """This environment with pip's own settings (index, certificates) told to uv, and no download of a Python."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    for line in told.splitlines():
        name, _, value = line.partition("=")
        value = value.strip("'\"")
        if name.endswith(".index-url"):
            environment.setdefault("UV_DEFAULT_INDEX", value)
        elif name.endswith(".extra-index-url"):
            environment.setdefault("UV_INDEX", " ".join(value.split("\\n")).strip())
        elif name.endswith(".cert"):
            environment.setdefault("SSL_CERT_FILE", value)
    return environment


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
