"""What a page's module is handed and gives back: the site that is being built, and a link in its navigation."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from jinja2 import Environment

from sslbench.tables import Tables

Written = Iterable[tuple[str, bytes]]  # paths below the site's folder, and what to write there


@dataclass(frozen=True, order=True)
class Link:
    """A page's place in the navigation, its path and its title there; a module without one is not linked."""

    place: int
    path: str
    title: str


@dataclass(frozen=True)
class Site:
    """The tables of a site and how its templates are filled."""

    every: Tables  # of all tracks
    tables: Tables  # of the first track, which all pages show but where they say otherwise
    environment: Environment
    shared: dict = field(default_factory=dict)  # what every template may name

    def page(self, path: str, template: str, **values) -> tuple[str, bytes]:
        """One page as (path, bytes): the template filled with `values`, links relative to where it lies."""
        root = "../" * path.count("/")
        text = self.environment.get_template(template).render(root=root, page=path, **self.shared, **values)
        return path, text.encode()
