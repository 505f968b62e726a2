import pytest

from sslbench.errors import UnknownName
from sslbench.registry import METHODS, Registry


def test_unknown_name_gives_the_nearest_and_where_to_look():
    with pytest.raises(
        UnknownName, match=r"unknown method 'scraf'\. Did you mean 'scarf'\? All names: sslbench list methods"
    ):
        METHODS.get("scraf")


def test_a_name_clash_is_an_error():
    registry = Registry("thing", "sslbench.probes")
    registry.register("one")(type("A", (), {}))
    with pytest.raises(ValueError, match="already registered"):
        registry.register("one")(type("B", (), {}))
