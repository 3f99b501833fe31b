"""The image's health check: 0 when the ingest API says that it is alive.

Not whether it is ready: readings are taken and kept while InfluxDB is away, and a restart would not bring it back.
"""

import os
import sys
import urllib.request


def main() -> int:
    """Ask `/healthz` of this container; 0 when it answers 200, else 1 with a sentence."""
    url = f"http://127.0.0.1:{os.environ.get('BEDSIDE_PORT', '8000')}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            alive = answer.status == 200
    except OSError as problem:
        sys.stderr.write(f"{url} does not answer: {problem}\n")
        return 1
    return 0 if alive else 1


if __name__ == "__main__":
    raise SystemExit(main())
