"""The runtime of scripts."""
