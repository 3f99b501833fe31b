"""Labels: names with properties that tasks may carry, unique within an organization."""

import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from influxlite.storage import Storage
from influxlite.tasks import limits
from influxlite.tasks.errors import NotFoundError, TaskError, TooManyError
from influxlite.tasks.model import Ids
from influxlite.tasks.service import TaskService
from influxlite.tasks.store import Documents


@dataclass(frozen=True, slots=True)
class Label:
    """A label; `properties` are texts by name, such as a color."""

    id: str
    org_id: str
    name: str
    properties: dict[str, str] = field(default_factory=dict)


class Labels:
    """The labels of a storage, and which of them a task carries."""

    def __init__(self, storage: Storage, tasks: TaskService) -> None:
        """Read what is kept."""
        self._documents = Documents(storage, "labels")
        self._tasks = tasks
        self._ids = Ids()
        self._lock = threading.Lock()

    def all(self, org_id: str = "") -> list[Label]:
        """The labels of an organization, or all, by id."""
        return [label for body in self._documents.all() if (label := Label(**body)).org_id == org_id or not org_id]

    def get(self, label_id: str) -> Label:
        """One label; NotFoundError."""
        body = self._documents.get(label_id)
        if body is None:
            raise NotFoundError("label not found")
        return Label(**body)

    def create(self, org_id: str, name: str, properties: dict[str, str]) -> Label:
        """A new label; TaskError where its name is taken."""
        with self._lock:
            if len(self._documents.all()) >= limits.LABELS:
                raise TooManyError(f"there are {limits.LABELS} labels already; delete some that are not needed")
            return self._keep(Label(self._ids.new(), org_id, name, properties))

    def update(self, label_id: str, name: str, properties: dict[str, str]) -> Label:
        """Another name, and properties added, changed or (where given as empty) taken away."""
        with self._lock:
            label = self.get(label_id)
            left = {key: value for key, value in label.properties.items() if properties.get(key) != ""}
            merged = {**left, **{key: value for key, value in properties.items() if value}}
            return self._keep(replace(label, name=name or label.name, properties=merged))

    def _keep(self, label: Label) -> Label:
        if len(label.name) + sum(len(k) + len(v) for k, v in label.properties.items()) > limits.LABEL_CHARACTERS:
            raise TaskError(f"a label has at most {limits.LABEL_CHARACTERS} characters in name and properties")
        for other in self.all(label.org_id):
            if other.id != label.id and other.name.strip().lower() == label.name.strip().lower():
                raise TaskError(f"label with name {label.name} already exists", "conflict")
        self._documents.change({label.id: asdict(label)})
        return label

    def delete(self, label_id: str) -> None:
        """A label is gone from everything that carried it; NotFoundError."""
        self.get(label_id)
        for task in self._tasks.tasks():
            if label_id in task.labels:
                self.detach(task.id, label_id)
        self._documents.change({}, (label_id,))

    def of_task(self, task_id: str) -> list[Label]:
        """The labels that a task carries; NotFoundError where there is no such task."""
        bodies: list[dict[str, Any] | None] = [self._documents.get(one) for one in self._tasks.task(task_id).labels]
        return [Label(**body) for body in bodies if body is not None]

    def attach(self, task_id: str, label_id: str) -> Label:
        """A task carries a label from now on; TaskError where it does already."""
        label, task = self.get(label_id), self._tasks.task(task_id)
        if label_id in task.labels:
            raise TaskError("Cannot add label, label already exists on resource", "conflict")
        self._tasks.put(replace(task, labels=[*task.labels, label_id]))
        return label

    def detach(self, task_id: str, label_id: str) -> None:
        """A task no longer carries a label."""
        task = self._tasks.task(task_id)
        self._tasks.put(replace(task, labels=[one for one in task.labels if one != label_id]))
