"""InfluxData's own Flux library (`libflux.so`), to hold against it what we find wrong with a program.

`BEDSIDE_TEST_LIBFLUX` names the folder that holds `libflux.so`, made by building `libflux` of the Flux repository.
"""

import ctypes
import os
from pathlib import Path


class LibFlux:
    """The library in one folder."""

    def __init__(self, folder: Path) -> None:
        self.lib = ctypes.CDLL(str(folder / "libflux.so"))
        for name, result in (
            ("flux_parse", ctypes.c_void_p),
            ("flux_ast_get_error", ctypes.c_void_p),
            ("flux_analyze", ctypes.c_void_p),
            ("flux_error_str", ctypes.c_char_p),
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
