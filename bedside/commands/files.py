"""What commands that read or write files share: their faults in a sentence and an exit code."""

from bedside.errors import Failure, Refused, Unreachable
from query.files.errors import DoorRefused, DoorShut, FileProblem


class told_as_failures:  # noqa: N801 - reads as the clause that it is
    """Faults of files, and of the disk that they are on, as failures of the command line."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, FileProblem):
            kind_of = {DoorShut: Unreachable, DoorRefused: Refused}
            raise kind_of.get(type(fault), Failure)(str(fault)) from None
        if isinstance(fault, OSError) and fault.filename is not None:
            raise Failure(f"{fault.filename} cannot be used: {fault.strerror}.") from None
