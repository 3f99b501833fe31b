"""Secrets of an organization."""
