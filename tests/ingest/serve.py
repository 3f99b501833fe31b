"""An ingest server as a process of its own, to be killed: `python serve.py PORT`; settings by environment."""

import sys

from werkzeug.serving import make_server

from ingest import create_app

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), create_app(), threaded=True).serve_forever()
