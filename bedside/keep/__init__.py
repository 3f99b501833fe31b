"""What outlives a disk: backups of a whole Bedside, their way back, and how long readings stay.

archive.py      the file: a tar whose last member, the manifest, vouches for all others
points.py       the points of a bucket as line protocol, in pieces; and their count
stay_points.py  the points of stays as of the copy of the database
backup.py       in that order: database, images, points
restore.py      everything checked and written beside the old, then put in its place
switch.py       putting it in its place, so that a kill at any instant leaves a clear way on
downsampling.py coarser points of the readings, and the tasks that make them
influx.py       the InfluxDB in use, or influxlite on a folder for the time
"""
