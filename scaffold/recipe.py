"""A recipe: the files that a new thing is made of, planned as a whole and written as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template

from scaffold.editing import Edit
from scaffold.names import CannotMakeError, Name

_TEMPLATES = Path(__file__).parent / "templates"

Fill = Callable[[str], str]
"""Gives a template of the recipe, filled with the name."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a thing of one kind is made.

    `makes` maps the path of each new file to its template; a path may hold ``$name`` and ``$module``. `edits` gives
    for each file that has a list the edits of it. `names` are files whose quoted words cannot be the name of a new
    one. `next_steps` is what the developer does then, a sentence each.
    """

    kind: str
    makes: tuple[tuple[str, str], ...]
    edits: Callable[[Name, Fill], tuple[tuple[str, tuple[Edit, ...]], ...]]
    names: tuple[str, ...]
    next_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A file and the text that it gets. `was` is its text so far, None where there is no such file."""

    path: str
    text: str
    was: str | None


def planned(recipe: Recipe, name: Name, top: Path) -> tuple[Change, ...]:
    """Everything that `recipe` changes in the checkout `top`. Raises `CannotMakeError`; writes nothing."""
    _refuse_taken(recipe, name, top)
    made = tuple(_made(recipe, path, template, name, top) for path, template in recipe.makes)
    edited = tuple(_edited(path, edits, top) for path, edits in recipe.edits(name, _filler(recipe, name)))
    return (*made, *edited)


def write(changes: tuple[Change, ...], top: Path) -> None:
    """Write all of `changes`, or none: after an error every file is as it was. Raises `CannotMakeError`."""
    done: list[Change] = []
    try:
        for change in changes:
            done.append(change)
            (top / change.path).write_text(change.text, encoding="utf-8")
    except OSError as problem:
        for change in done:
            with contextlib.suppress(OSError):
                _undo(change, top)
        raise CannotMakeError(f"{done[-1].path} cannot be written ({problem.strerror}); nothing was made.") from problem


def filled(text: str, name: Name) -> str:
    """`text` with ``$name``, ``$module``, ``$constant`` and ``$camel`` in it replaced."""
    return Template(text).substitute(name.values)


def _refuse_taken(recipe: Recipe, name: Name, top: Path) -> None:
    for path in recipe.names:
        if f'"{name.kebab}"' in (top / path).read_text(encoding="utf-8"):
            raise CannotMakeError(f"{name.kebab!r} is a name already, in {path}: choose another.")


def _made(recipe: Recipe, path: str, template: str, name: Name, top: Path) -> Change:
    where = filled(path, name)
    if (top / where).exists():
        raise CannotMakeError(f"{where} is there already, and nothing is overwritten: choose another name.")
    return Change(where, _filler(recipe, name)(template), None)


def _edited(path: str, edits: tuple[Edit, ...], top: Path) -> Change:
    text = was = (top / path).read_text(encoding="utf-8")
    for edit in edits:
        try:
            text = edit(text)
        except LookupError as missing:
            raise CannotMakeError(
                f"{path} has no line that begins with {missing.args[0]!r}: the recipe in scaffold/ looks for it."
            ) from missing
    return Change(path, text, was)


def _filler(recipe: Recipe, name: Name) -> Fill:
    return lambda template: filled((_TEMPLATES / recipe.kind / template).read_text(encoding="utf-8"), name)


def _undo(change: Change, top: Path) -> None:
    if change.was is None:
        (top / change.path).unlink(missing_ok=True)
    else:
        (top / change.path).write_text(change.was, encoding="utf-8")
