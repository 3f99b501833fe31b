"""InfluxDB 2's HTTP API on DuckDB: line protocol in, Flux out. Knows nothing of wards; usable alone."""
