"""Tasks: scripts that are run again and again, as InfluxDB's tasks are.

`service` holds it together: `options` reads a script's option, `schedule` says when it is due, `queue` who is next,
`script` runs it once, `history` records how it went, `store` keeps tasks and waiting runs, `limits` bounds it all.
"""

from influxlite.tasks.errors import NeverDueError, NotFoundError, OptionsError, ScriptError, TaskError, TooManyError
from influxlite.tasks.model import Run, Task
from influxlite.tasks.service import TaskService

__all__ = [
    "NeverDueError",
    "NotFoundError",
    "OptionsError",
    "Run",
    "ScriptError",
    "Task",
    "TaskError",
    "TaskService",
    "TooManyError",
]
