"""`python -m influxlite`: the same as the command `influxlite`."""

from influxlite.cli import main

main(prog_name="influxlite")
