"""On how many rows, items, copies and views the metrics of a representation are taken, and how strong those are."""

ROWS, ITEMS, COPIES, VIEWS = 1000, 32, 64, 16  # rows of spectra; items with noisy copies, and with views
NOISE = 0.1  # sd of input noise, where inputs have sd 1
STRENGTHS = (0.25, 0.5, 1.0, 2.0)  # times the card's
