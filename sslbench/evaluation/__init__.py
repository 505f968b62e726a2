"""Evaluation: frozen representations (or encoders) -> predictions, scores, metrics."""
