"""Prose names what it speaks of: five words that stand in for a missing noun are refused.

Searched are the docstrings and comments of every Python file, the other strings of every Python file outside of
`tests/` (messages, help texts), the names of tests, and every line of every other text file that git knows.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.checkout import TOP, known_files

# One letter of each word stands in brackets, or this file would find itself.
REFUSED = re.compile(r"\b(?:some[b]ody|no[b]ody|any[b]ody|who[e]ver|who[m])\b", re.IGNORECASE)

NOT_OURS_TO_CHANGE = re.compile(
    r"LICENSE"  # its words are the licence's
    r"|migrations/\d+_.*"  # an existing migration is never changed: databases have run it
    r"|docs/decisions/00(?:0\d|1\d|2[0-2])-.*\.md"  # a record is not rewritten; the later ones obey
    r"|requirements-\w+\.lock"  # written by uv
    r"|tests/.*\.json"  # recorded input of tests
)

NAMES = re.compile(
    r'--reuid=no[b]ody\b|id -g no[b]ody\b|chown no[b]ody\b|UNPRIVILEGED = "no[b]ody"'
    r'|(?<=ANYBODY = )"any[b]ody"|(?<=ANYBODY = Actor\()"any[b]ody"'
)
"""Names that programs need: the operating system's user, and the actor in saved plans for a spec without actors."""


def of_python(source: str, *, strings: bool) -> Iterator[int]:
    """The lines where a docstring, a comment, a test's name or, with `strings`, any string has such a word."""
    if not REFUSED.search(source.replace("_", " ")):
        return  # most files: parsing them all would take seconds
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and REFUSED.search(token.string):
            yield token.start[0]
    lines = source.splitlines()
    for node, text in texts(ast.parse(source), strings=strings):
        if REFUSED.search(text):
            span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            yield from [line for line in span if REFUSED.search(lines[line - 1])] or [node.lineno]
    for line, words in enumerate(lines, 1):
        if (test := re.match(r"\s*(?:async )?def (test_\w+)", words)) and REFUSED.search(test[1].replace("_", " ")):
            yield line


def texts(tree: ast.Module, *, strings: bool) -> Iterator[tuple[ast.Constant, str]]:
    """The string constants of a module: every one, or those that stand alone as a statement, which are docstrings."""
    for node in ast.walk(tree):
        inner = node.value if isinstance(node, ast.Expr) and not strings else node
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and (strings or inner is not node):
            yield inner, inner.value


def of_text(text: str) -> Iterator[int]:
    """The lines of any other text that have such a word."""
    yield from (line for line, words in enumerate(text.splitlines(), 1) if REFUSED.search(words))


def found_in(name: str, text: str) -> list[str]:
    """Each place in one file, as file:line, with the line."""
    text = NAMES.sub("NAME", text)
    if name.endswith(".py"):
        at = sorted(set(of_python(text, strings=not name.startswith("tests/"))))
    else:
        at = list(of_text(text))
    lines = text.splitlines()
    return [f"{name}:{line}: {lines[line - 1].strip()}" for line in at]


def everything_found() -> Iterator[str]:
    for name in known_files():
        if NOT_OURS_TO_CHANGE.fullmatch(name):
            continue
        try:
            text = (TOP / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        yield from found_in(name, text)


def test_prose_names_what_it_speaks_of() -> None:
    assert list(everything_found()) == []


WORD = "some" + "body"


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a/x.py", f'"""First.\n\nOr {WORD}\'s.\n"""\n', [3]),
        ("a/x.py", f'def f() -> None:\n    """{WORD.title()} asks."""\n', [2]),
        ("a/x.py", f'x = 1\n"""For {WORD}."""\n', [2]),
        ("a/x.py", f"x = 1  # {WORD}\n", [1]),
        ("a/x.py", f'x = f"for {WORD} {{1}}"\n', [1]),
        ("a/x.py", f'x = (\n    "one "\n    "{WORD} more"\n)\n', [3]),
        ("a/x.py", f"{WORD} = _{WORD}_else = 1\n", []),
        ("tests/x.py", f'x = "{WORD}"\n', []),
        ("tests/x.py", f'"""For {WORD}."""\n# {WORD}\n', [1, 2]),
        ("tests/x.py", f"def test_{WORD}_asks() -> None: ...\n", [1]),
        ("a/x.md", f"one\ntwo {WORD.upper()}\n", [2]),
        ("a/x.yaml", f"a: 1  # {WORD}\n", [1]),
        ("a/x.jinja", f"{{# {WORD} #}}\n", [1]),
        ("a/x.toml", f"# {WORD}\n", [1]),
        ("a/x.sh", f"chown no{'body'} .\nchown no{'body'}s; x no{'body'}\n", [2]),
        ("a/x.md", f"{WORD}s, no{WORD}, the body of some\n", []),
    ],
)
def test_the_search_finds_each_kind_of_prose(name: str, text: str, lines: list[int]) -> None:
    assert [int(place.split(":")[1]) for place in found_in(name, text)] == lines


@pytest.mark.parametrize("word", ["some" + "body", "No" + "body", "any" + "body", "who" + "ever", "who" + "m"])
def test_the_search_knows_each_word(word: str) -> None:
    assert found_in("a.md", f"For {word}.")


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("docs/decisions/0022-calm-and-rough-runs.md", False),
        ("docs/decisions/0023-later.md", True),
        ("migrations/987_seller_transfers_checks.sql", False),
        ("docs/check.md", True),
    ],
)
def test_only_what_must_not_change_is_left_out(name: str, ours: bool) -> None:
    assert (NOT_OURS_TO_CHANGE.fullmatch(name) is None) == ours
