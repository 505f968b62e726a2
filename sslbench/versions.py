"""Versions of what makes numbers and has no name of its own in a registry.

A run's identity is made of these, of the `version` of every registered part it uses, and of settings, card and data.
Raise one when what it speaks of makes other numbers: runs that used it are then made anew. An edit that moves no number
needs no new version. tests/golden fails where numbers moved and the version did not.
"""

TRAINING = 1  # draws, stream encodings, networks, training step, loop, optimiser, schedule
EVALUATION = 1  # readouts, scores, and how settings are chosen on val
METRICS = 1  # what is measured of a representation
ESTIMATORS = 1  # entropy, information, independence, decomposition, and the predictive models behind them
FEATURE_MAPS = 2  # what assumption tests read of a task: subsample, maps, components
VERDICTS = 2  # how verdicts of several maps agree, and the corrections over a task
