"""Fills templates: the only module that imports Jinja.

Templates run in Jinja's sandbox, and an undefined name is an error. Jinja
escapes nothing: the target's module has already escaped every value for the
language of its template. A user's folder is searched before Pointsman's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pointsman.spec.errors import UsageError

_OURS = Path(__file__).parent / "templates"


def fill(mark: str, name: str, values: Mapping[str, object], overlay: Path | None = None) -> str:
    """The line `mark`, then template `name` filled with `values`, ending in one newline.

    The mark is not left to the template, because `emit` refuses to overwrite a
    file without it.

    Raises:
        UsageError: a template in the folder `overlay` is wrong. The message has its file and line.
    """
    try:
        text = _environment(overlay).get_template(name).render(values)
    except TemplateSyntaxError as error:
        where = f"{error.filename or name}:{error.lineno}"
        raise UsageError(f"{where}: this template cannot be read: {error.message}") from error
    except TemplateError as error:
        raise UsageError(f"{_line(error, name)}: this template cannot be filled: {error.message}") from error
    except Exception as error:  # a user's template may raise anything
        raise UsageError(f"{_line(error, name)}: this template cannot be filled: {error!r}") from error
    return mark + "\n" + text.rstrip("\n") + "\n"


def names() -> tuple[str, ...]:
    """The names of the templates that a user can replace, in order."""
    return tuple(sorted(path.name for path in _OURS.glob("*.jinja")))


@cache
def _environment(overlay: Path | None) -> ImmutableSandboxedEnvironment:
    folders = [_OURS] if overlay is None else [_checked(overlay), _OURS]
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=False,  # generated text is code, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _checked(overlay: Path) -> Path:
    if not overlay.is_dir():
        raise UsageError(f"{overlay}: there is no such folder of templates")
    if not any((overlay / name).is_file() for name in names()):
        raise UsageError(
            f"{overlay}: no file here replaces a template of Pointsman's."
            f" Give a file one of these names: {', '.join(names())}"
        )
    return overlay


def _line(error: Exception, name: str) -> str:
    """The file and line of the innermost template frame in the traceback of `error`; `name` without such a frame."""
    found, here = name, error.__traceback__
    while here is not None:
        if here.tb_frame.f_code.co_filename.endswith(".jinja"):
            found = f"{here.tb_frame.f_code.co_filename}:{here.tb_lineno}"
        here = here.tb_next
    return found
