"""Bits of integers: the package bitwise by its older path."""
