"""Makes everything below `generated/`: each file's text, by its path there."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # The SDK would rather have the next dashboard schema; Grafana 11 to 13 provision this one.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.encoder import JSONEncoder

    from grafana.boards import BOARDS

GENERATED = Path(__file__).parent / "generated"


def files() -> dict[str, str]:
    """Every generated file by its path below `generated/`."""
    return {f"dashboards/{name}.json": _text(finished(build())) for name, build in BOARDS.items()}


def write() -> list[str]:
    """Bring `generated/` in line; the paths of what was changed or taken away."""
    wanted = files()
    changed = []
    for path, text in wanted.items():
        file = GENERATED / path
        if not file.exists() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            changed.append(path)
    for file in GENERATED.rglob("*.*"):
        if (path := file.relative_to(GENERATED).as_posix()) not in wanted:
            file.unlink()
            changed.append(path)
    return changed


def finished(dashboard: object) -> dict[str, Any]:
    """A dashboard as JSON: panels numbered, and without what the SDK adds that only Grafana 13 knows."""
    board = json.loads(json.dumps(dashboard, cls=JSONEncoder))
    for number, panel in enumerate(board["panels"], 1):
        panel["id"] = number
    return _without(board, "placement", "pluginVersion")


def _without(value: Any, *names: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item, *names) for key, item in value.items() if key not in names}
    return [_without(item, *names) for item in value] if isinstance(value, list) else value


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
