"""Judged metrics, one file each: card, threshold, and the synthetic representations that calibrate it."""
