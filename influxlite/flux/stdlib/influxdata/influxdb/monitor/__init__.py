"""Checks of what was measured, and notifications of what they found."""
