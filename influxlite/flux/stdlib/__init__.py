"""Flux's standard library. The folder of a file is its import path; `registry` says how a function is written."""
