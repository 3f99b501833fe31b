"""What a bucket holds: measurements, fields, tags; answered from the index of series."""
