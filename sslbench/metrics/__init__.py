"""Metrics: what is measured of a representation, one idea per file."""
