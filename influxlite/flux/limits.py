"""What one query may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one query; beyond them it ends with an error that names the bound."""

    time_s: float = 300.0
    """Seconds from its start to its last table."""
    rows: int = 100_000_000
    """Rows of all tables that one step makes."""
    memory_bytes: int = 1 << 30
    """Bytes of the tables that it holds: those of the step that was just made, and those kept for several readers."""
    source_bytes: int = 1_000_000
    """Length of the script."""
