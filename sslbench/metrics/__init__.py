"""Metrics of a representation: pure functions, their names and units, and where they are judged (thresholds/)."""
