"""What can go wrong with a task, in InfluxDB's words.

TaskError               `code` and message as InfluxDB's HTTP API answers them
├── OptionsError        `option task = {…}` is missing or says what cannot be
├── ScriptError         the script is no Flux
├── NeverDueError       the schedule has no instant any more
├── NotFoundError       no task, or no run, of that id
└── TooManyError        more tasks, or more runs that wait, than are allowed
"""


class TaskError(Exception):
    """A task or run that cannot be; `code` is one of InfluxDB's words."""

    code = "invalid"

    def __init__(self, message: str, code: str = "") -> None:
        """Keep what the answer needs."""
        super().__init__(message)
        self.message = message
        self.code = code or self.code


class OptionsError(TaskError):
    """The options of a task cannot be read or are not allowed."""


class ScriptError(TaskError):
    """The script is no Flux; the message says where."""


class NeverDueError(TaskError):
    """A schedule has no further instant, such as that of the 31st of February."""

    code = "internal error"


class NotFoundError(TaskError):
    """No such task or run."""

    code = "not found"


class TooManyError(TaskError):
    """A bound of `influxlite.tasks.limits` is reached."""

    code = "too many requests"
