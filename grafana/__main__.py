"""`python -m grafana` writes `grafana/generated/` anew from the code, and says what changed."""

import sys

from grafana.build import GENERATED, write


def main() -> int:
    """Write the files; 0 always."""
    changed = write()
    sys.stdout.write("".join(f"{GENERATED.name}/{path}\n" for path in changed) or "Nothing changed.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
