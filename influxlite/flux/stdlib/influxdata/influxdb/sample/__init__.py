"""Data sets to try things with, which InfluxData keeps outside."""
