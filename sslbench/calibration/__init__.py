"""Calibration: cases with known truth -> how often every assumption and metric is right."""
