"""Monitors that behave like monitors, and the ledger of what was acknowledged to them."""
