"""A card takes its deviation from the class's docstring, where alone it is written."""

from dataclasses import dataclass

import pytest

from sslbench.methods.base import JointEmbedding
from sslbench.methods.card import Card, deviation_of
from sslbench.registry import METHODS


@pytest.mark.parametrize(
    "docstring, words",
    [
        (None, "none"),
        ("Only a summary.", "none"),
        ("A summary.\n\n    Source: a paper. Deviation: none.\n    ", "none"),
        ("A summary.\n\n    Source: a.\n    Deviation: two\n    lines.\n    ", "two lines"),
        ("A summary.\n\n    Deviation: rate 0.5. Twice a.b.\n\n    Another paragraph.\n    ", "rate 0.5. Twice a.b"),
    ],
)
def test_the_deviation_of_a_docstring(docstring, words):
    assert deviation_of(docstring) == words


def test_a_card_says_what_its_own_class_says():
    @dataclass(frozen=True)
    class Base(JointEmbedding):
        """Base.

        Deviation: the base's.
        """

        card = Card("base", "submitted", "a paper")

    @dataclass(frozen=True)
    class Own(Base):
        """Own.

        Deviation: its own.
        """

        card = Card("own", "submitted", "a paper")

    @dataclass(frozen=True)
    class Inherits(Base):
        """Has no card of its own."""

    assert (Base.card.deviation, Own.card.deviation, Inherits.card.deviation) == ("the base's", "its own", "the base's")
    assert METHODS.get("vicreg(convention=paper)").card.deviation == METHODS.get("vicreg").card.deviation != "none"
