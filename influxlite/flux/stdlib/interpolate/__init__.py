"""Filling gaps between points."""
