"""The dashboards: Grafana's JSON (schema version 1) as `grafana/` publishes it, and what is looked up in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ward.errors import NotFound


@dataclass(frozen=True)
class Dashboard:
    """One dashboard. `document` is its JSON as it is."""

    uid: str
    title: str
    tags: tuple[str, ...]
    document: Mapping[str, Any]

    def panel(self, id_: int) -> dict[str, Any]:
        """The panel with that id, also one in a collapsed row; raises `NotFound`."""
        for panel in panels_of(self.document):
            if panel.get("id") == id_:
                return panel
        raise NotFound("no-panel", "This dashboard has no such panel.")

    def variable(self, name: str) -> dict[str, Any]:
        """The variable of that name; raises `NotFound`."""
        for variable in self.variables():
            if variable.get("name") == name:
                return variable
        raise NotFound("no-variable", "This dashboard has no such variable.")

    def variables(self) -> list[dict[str, Any]]:
        """Its variables, in the order in which they depend on each other."""
        return list((self.document.get("templating") or {}).get("list") or [])

    def annotations(self) -> list[dict[str, Any]]:
        """The annotations that ask a question of ours; Grafana's own store of annotations is not here."""
        listed = (self.document.get("annotations") or {}).get("list") or []
        return [one for one in listed if one.get("enable", True) and flux_of(one.get("target") or one)]


def panels_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All panels of a dashboard, those of collapsed rows among them."""
    found = []
    for panel in document.get("panels") or []:
        found.append(panel)
        found.extend(panel.get("panels") or [])
    return found


def flux_of(target: Mapping[str, Any]) -> str:
    """The Flux of a query in any of the places that Grafana keeps it in; '' where there is none."""
    query = target.get("query")
    if isinstance(query, dict):
        query = query.get("query")
    return query if isinstance(query, str) else ""


class Dashboards:
    """The dashboards of a ward, each by its uid."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self._by_uid: dict[str, Dashboard] = {}
        for document in documents:
            uid, tags = str(document["uid"]), tuple(str(tag) for tag in document.get("tags") or [])
            self._by_uid[uid] = Dashboard(uid, str(document.get("title") or uid), tags, document)

    def list(self) -> list[Dashboard]:
        """All of them, in the order of use."""
        return list(self._by_uid.values())

    def find(self, uid: str) -> Dashboard:
        """The dashboard with that uid; raises `NotFound`."""
        try:
            return self._by_uid[uid]
        except KeyError:
            raise NotFound("no-dashboard", "There is no such dashboard.") from None
