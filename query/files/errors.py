"""What can go wrong with files; each message says what, where and what to do.

FileProblem
├── SourceProblem    a file to import cannot be read as readings
├── ExportProblem    a file cannot be written, or its form cannot hold what was asked for
└── DoorProblem      Bedside's API refuses the whole import
    ├── DoorShut         it does not answer, or takes nothing now
    └── DoorRefused      the token is missing or may not do that
"""


class FileProblem(Exception):  # noqa: N818 - an outcome that the command line tells
    """An export or an import did not come true."""


class SourceProblem(FileProblem):
    """A file cannot be read as readings or stays."""


class ExportProblem(FileProblem):
    """A file cannot be written, or its form cannot hold what was asked for."""


class DoorProblem(FileProblem):
    """Bedside's API refuses an import as a whole."""


class DoorShut(DoorProblem):
    """Bedside's API does not answer, or takes nothing however often it is asked."""


class DoorRefused(DoorProblem):
    """The token is missing, wrong, or may not do that."""
