"""Makes everything below `generated/`: each file's text, by its path there."""

import json
import warnings
from pathlib import Path
from typing import Any

import yaml

with warnings.catch_warnings():
    # The SDK would rather have the next dashboard schema; Grafana 11 to 13 provision this one.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.encoder import JSONEncoder

    from grafana import alerts, provisioning
    from grafana.boards import BOARDS

GENERATED = Path(__file__).parent / "generated"


def files() -> dict[str, str]:
    """Every generated file by its path below `generated/`."""
    dashboards = {name: finished(build()) for name, build in BOARDS.items()}
    made = {f"dashboards/{name}.json": _text(dashboard) for name, dashboard in dashboards.items()}
    made["alerts.json"] = _text(alerts.published())
    provisioned = {
        "datasources/bedside": provisioning.datasource_file(),
        "dashboards/bedside": provisioning.providers_file(),
        "alerting/rules": alerts.rules_file(dashboards),
        "alerting/contact-points": alerts.contacts_file(),
        "alerting/policies": alerts.policies_file(),
    }
    return made | {f"provisioning/{name}.yml": _yaml(content) for name, content in provisioned.items()}


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
    """A dashboard as JSON: panels numbered, and without the SDK's defaults that Grafana's own schema does not have, or
    that would put links and annotations into a menu.
    """
    board = json.loads(json.dumps(dashboard, cls=JSONEncoder))
    for number, panel in enumerate(board["panels"], 1):
        panel["id"] = number
        if panel["type"] == "table":
            _take(panel["options"], "footer")
    for variable in board.get("templating", {}).get("list", []):
        _take(variable, "auto", "auto_min", "auto_count")
    for shown in [*board.get("links", []), *board.get("annotations", {}).get("list", [])]:
        _take(shown, "placement")
    return board


def _take(item: dict[str, Any], *names: str) -> None:
    for name in names:
        item.pop(name, None)


def _yaml(content: object) -> str:
    said = "# Made by `python -m grafana`: change the code in grafana/, not this file.\n"
    return said + yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a query can be read, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write a value wherever it stands."""
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
