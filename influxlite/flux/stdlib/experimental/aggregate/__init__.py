"""Experimental aggregates."""
