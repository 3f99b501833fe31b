"""How long a test suite waits for an InfluxDB: `python benchmarks/influxlite_start.py [rounds]`.

Prints, in milliseconds, the median of starting a server until it is healthy, of making a bucket of a test's own and
deleting it again, and of a write and a query that reads it back. On an idle machine, with compiled modules.
"""

import statistics
import sys
import time

from influxlite.testing import serve

BUCKETS = 20


def main(rounds: int) -> None:
    """Measure and print."""
    starts, buckets, trips = [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        with serve() as server:
            starts.append(time.perf_counter() - began)
            for _ in range(BUCKETS):
                began = time.perf_counter()
                with server.bucket() as database:
                    made = time.perf_counter()
                    database.write("m,t=a f=1 1")
                    assert ",1,f,m,a" in database.query("from(bucket: bucket) |> range(start: 0)")
                    done = time.perf_counter()
                buckets.append(time.perf_counter() - done + made - began)
                trips.append(done - made)
    for name, found in (("start", starts), ("bucket", buckets), ("write and query", trips)):
        print(f"{name:16s} {statistics.median(found) * 1000:7.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
