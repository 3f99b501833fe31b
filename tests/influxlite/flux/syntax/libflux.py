"""InfluxData's own Flux parser and analyser, as a shared library (`libflux.so`), to hold ours against.

`BEDSIDE_TEST_LIBFLUX` names the folder that holds `libflux.so`, made by building `libflux` of the Flux repository.
"""

import ctypes
import json
import os
from pathlib import Path
from typing import Any


class _Buffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("len", ctypes.c_size_t))


class LibFlux:
    """The library in one folder."""

    def __init__(self, folder: Path) -> None:
        self.lib = ctypes.CDLL(str(folder / "libflux.so"))
        for name, result in (
            ("flux_parse", ctypes.c_void_p),
            ("flux_ast_marshal_json", ctypes.c_void_p),
            ("flux_ast_get_error", ctypes.c_void_p),
            ("flux_analyze", ctypes.c_void_p),
            ("flux_error_str", ctypes.c_char_p),
            ("flux_free_bytes", None),
            ("flux_free_error", None),
            ("flux_free_ast_pkg", None),
            ("flux_free_semantic_pkg", None),
        ):
            getattr(self.lib, name).restype = result

    def _message(self, error: int | None) -> str | None:
        if not error:
            return None
        text = self.lib.flux_error_str(ctypes.c_void_p(error)).decode()
        self.lib.flux_free_error(ctypes.c_void_p(error))
        return text

    def _parse(self, source: str) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.lib.flux_parse(b"", source.encode()))

    def ast(self, source: str) -> dict[str, Any]:
        """The program as AST JSON."""
        package = self._parse(source)
        buffer = _Buffer()
        self._message(self.lib.flux_ast_marshal_json(package, ctypes.byref(buffer)))
        text = ctypes.string_at(buffer.data or 0, buffer.len)
        self.lib.flux_free_bytes(ctypes.c_void_p(buffer.data))
        self.lib.flux_free_ast_pkg(package)
        return json.loads(text)["files"][0]

    def syntax_errors(self, source: str) -> str | None:
        """What is wrong with the program's syntax, one error a line; None when nothing is."""
        package = self._parse(source)
        message = self._message(self.lib.flux_ast_get_error(package, b"{}"))
        self.lib.flux_free_ast_pkg(package)
        return message

    def errors(self, source: str) -> str | None:
        """What is wrong with the program, its syntax or its types, one error a line; None when nothing is."""
        package, found = self._parse(source), ctypes.c_void_p()
        message = self._message(self.lib.flux_analyze(package, b"{}", ctypes.byref(found)))  # takes the package over
        if found.value:
            self.lib.flux_free_semantic_pkg(found)
        return message


def find() -> LibFlux | None:
    """The library that the environment names, or None."""
    folder = os.environ.get("BEDSIDE_TEST_LIBFLUX")
    return LibFlux(Path(folder)) if folder else None
