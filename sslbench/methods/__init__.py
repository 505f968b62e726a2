"""One file per family of methods; each method is a card and a loss.

Every file in this folder is imported, no list to edit.
"""

from sslbench.registry import METHODS, callable_as


def frame():
    """A frame of the methods: name, title, family, what they assume and need, whether they see labels.

    Also called as `sslbench.methods()`.
    """
    import pandas as pd

    rows = []
    for name in METHODS.names():
        card = METHODS.get(name).card
        rows.append(
            {
                "name": name,
                "title": card.title,
                "family": card.family,
                "assumes": ", ".join(card.assumes),
                "needs": ", ".join(card.requirements),
                "uses_labels": card.uses_labels,
                "source": card.source,
            }
        )
    return pd.DataFrame(rows)


callable_as(__name__, frame)
