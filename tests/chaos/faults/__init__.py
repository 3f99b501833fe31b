"""The faults, one file each: whatever lies in this folder and holds a `Fault` is one."""

import importlib
import inspect
import pkgutil

from tests.chaos.fault import Fault


def _found() -> dict[str, type[Fault]]:
    faults = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        there = inspect.getmembers(importlib.import_module(f"{__name__}.{module.name}"), inspect.isclass)
        (kind,) = [kind for _, kind in there if issubclass(kind, Fault) and kind.__module__.endswith(module.name)]
        kind.name = module.name.replace("_", "-")
        faults[kind.name] = kind
    return faults


FAULTS = _found()
"""Every fault by its name, in the order of the names."""
