"""Tables of ClickHouse."""
