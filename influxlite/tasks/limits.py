"""What tasks may use together: everything that grows has a bound here."""

from influxlite.flux import Limits

TASKS = 10_000  # of all organizations
WORKERS = 2  # runs at once; queries have places of their own, so that runs keep nobody waiting
DESCRIPTION_CHARACTERS = 10_000
LABELS = 10_000  # of all organizations
LABEL_CHARACTERS = 10_000  # of a label's name and properties
AHEAD = 100  # runs of one task that wait for a worker; until one is done its schedule waits too
PLANNED = 1_000  # runs of one task that were asked for by hand and wait for their time
MISSED = 100  # runs of one task that are made up for when it is late; older ones are left out
MESSAGE_CHARACTERS = 100_000  # of one line of a run's log
RUN = Limits(time_s=600.0, memory_bytes=1 << 29)  # of one run
