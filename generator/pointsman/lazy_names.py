"""The names of a package that are imported when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

ModuleGetattr = Callable[[str], object]
ModuleDir = Callable[[], list[str]]


def lazy_names(package: str, homes: Mapping[str, tuple[str, ...]]) -> tuple[ModuleGetattr, ModuleDir]:
    """Make the functions ``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: its `__name__`.
        homes: by module, the names that the package gives from there.

    Returns:
        Both functions. The first imports a name and keeps it in the package; for any other name it raises
        AttributeError, as Python does.
    """
    module_of = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: object = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return find, names
