"""What a scan can make of points instead of handing them out; one shape a file, each with `read(run, scan)`."""
