"""One module per page: `pages(site)` gives what it writes. A new page is one module here and one template."""

import importlib
import pkgutil
from types import ModuleType


def page_modules() -> list[ModuleType]:
    """Every module of this folder, by name."""
    return [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
