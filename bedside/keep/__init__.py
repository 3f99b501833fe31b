"""What outlives a disk: backups of a whole Bedside, their way back, and how long readings stay.

archive.py      the file: a tar whose last member, the manifest, vouches for all others
envelope.py     the encryption around it, on request
keys.py         for whom it is encrypted, and what opens it
damaged.py      what a file is told to be that is not what was written
points.py       the points of a bucket as line protocol, in pieces; and their count
stay_points.py  the points of stays as of the copy of the database
backup.py       in that order: database, images, points
restore.py      everything checked and written beside the old, then put in its place
entries.py      their lines in the audit log
switch.py       putting it in its place, so that a kill at any instant leaves a clear way on
downsampling.py coarser points of the readings, and the tasks that make them
influx.py       the InfluxDB in use, or influxlite on a folder for the time
"""
