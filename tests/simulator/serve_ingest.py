"""Serves the real ingest app until it is told to end or killed; settings come from the environment."""

import sys

from ingest import close_app, create_app
from serving import run

if __name__ == "__main__":
    app = create_app()
    try:
        run(app, host="127.0.0.1", port=int(sys.argv[1]))
    finally:
        close_app(app)
