"""InfluxData's own Flux parser, the npm package `@influxdata/flux-lsp-node`, to hold our trees against.

It needs Node and npm. The first use installs the version that `flux_lsp/package-lock.json` pins, by its hash, into
`.tools/`; after that no network is needed. Its newest version has the parser of Flux 0.193, whose trees are those of
0.200. It does not tell what is wrong with a node (see `libflux.py`).
"""

import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("flux_lsp")
TOOLS = Path(__file__).resolve().parents[4] / ".tools"
NAME = "@influxdata/flux-lsp-node"
MEMORY_PAGES = 1024  # of 64 KiB; a program of a test takes a few
PATIENCE_S = 60


class MissingError(Exception):
    """The parser is not to be had here; the text says why."""


class FluxLsp:
    """The parser in a process of its own, which ends with this one: its input closes then."""

    def __init__(self, package: Path) -> None:
        script = [str(HERE / "parse.js"), str(package)]
        self.command = ["node", f"--wasm-max-mem-pages={MEMORY_PAGES}", *script]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ast(self, source: str) -> dict[str, Any] | None:
        """The program as AST JSON, with times written as Flux 0.200 writes them.

        None where the parser runs out of memory: until Flux 0.194 it went round for ever in some broken records.
        """
        sent, got = self.process.stdin, self.process.stdout
        assert sent
        assert got
        sent.write(json.dumps(source).encode() + b"\n")
        sent.flush()
        answer = got.readline()
        if not answer:
            self.process.wait()
            self.process = self._start()
            return None
        return json.loads(answer, object_hook=_in_our_words)


def _in_our_words(node: dict[str, Any]) -> dict[str, Any]:
    """A node of the tree; the package writes UTC as `+00:00`, libflux of 0.200 as `Z`."""
    if node.get("type") == "DateTimeLiteral" and node["value"].endswith("+00:00"):
        node["value"] = node["value"].removesuffix("+00:00") + "Z"
    return node


@functools.cache
def find() -> FluxLsp:
    """The parser.

    Raises:
        MissingError: there is no Node or no npm, or npm could not install the package.
    """
    lock = json.loads((HERE / "package-lock.json").read_text())
    folder = TOOLS / f"flux-lsp-node-{lock['packages'][f'node_modules/{NAME}']['version']}"
    package = folder / "node_modules" / NAME
    if not shutil.which("node"):
        raise MissingError(f"Node is not on the PATH, which runs InfluxData's own parser ({NAME})")
    if not package.exists():
        _install(folder)
    return FluxLsp(package)


def _install(folder: Path) -> None:
    if not shutil.which("npm"):
        raise MissingError(f"npm is not on the PATH, which installs InfluxData's own parser ({NAME})")
    TOOLS.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=TOOLS))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        quick = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", f"--fetch-timeout={PATIENCE_S}000"]
        done = subprocess.run(["npm", "ci", *quick], cwd=made, capture_output=True, text=True)
        if done.returncode:
            raise MissingError(f"npm could not install InfluxData's own parser ({NAME}): {done.stderr.strip()[-300:]}")
        if not folder.exists():  # else another run was quicker
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
