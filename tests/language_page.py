"""The tables of docs/spec-language.md, made from the definition of the language.

``python -m tests.language_page`` writes them into the page; a test holds the
page against them.
"""

import re
from collections.abc import Iterator

from pointsman.loading.codes import LOAD_CODES
from pointsman.loading.language import SPEC
from pointsman.loading.records import Converted, Field, FixedKeys, ListOf, MapOf, MapOfRecords, OneOrMany
from pointsman.loading.scalars import Choice, Name, Ref, Text, WordOr
from pointsman.loading.structure import Shape
from tests.checkout import TOP

PAGE = TOP / "docs" / "spec-language.md"
_BLOCK = re.compile(r"(<!-- table: ([a-z_ ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def records(shape: Shape[object] = SPEC) -> Iterator[FixedKeys[object]]:
    """Every record of the language, the outer before the inner, each once."""
    met: dict[str, FixedKeys[object]] = {}
    waiting: list[Shape[object]] = [shape]
    while waiting:
        match waiting.pop(0):
            case FixedKeys() as record:
                if met.setdefault(record.what, record) is record:
                    waiting.extend(field.shape for field in record.fields)
            case MapOf(_, below) | MapOfRecords(_, below) | ListOf(below) | OneOrMany(below) | Converted(below):
                waiting.append(below)
            case _:
                pass
    yield from met.values()


def holds(shape: Shape[object]) -> str:  # noqa: PLR0911 - one return per shape
    """What a key of that shape holds, in a cell of a table."""
    match shape:
        case FixedKeys(what, word=word):
            link = f"[{what}](#{what.replace('_', '-')})"
            return f"{holds(word[1])}, or {link}" if word else link
        case MapOf(key, below) | MapOfRecords(key, below):
            return f"for each {_bare(key)}: {holds(below)}"
        case ListOf(of):
            each = (
                "a list of" if isinstance(of, (Choice, FixedKeys)) and not getattr(of, "word", None) else "a list, each"
            )
            return f"{each} {holds(of)}"
        case OneOrMany(of):
            return f"{holds(of)}, or a list of them"
        case Converted(of):
            return holds(of)
        case Choice(words):
            *first, last = (f"`{word}`" for word in words)
            return f"{', '.join(first)} or {last}" if first else last
        case WordOr(words, ref):
            return f"{holds(ref)}, {holds(Choice(words))}"
        case Name():
            return "a name"
        case Ref():
            return ("an " if _bare(shape)[0] in "aeiou" else "a ") + _bare(shape)
        case _:
            return shape.wants


def _bare(key: Name | Ref | Text) -> str:
    """A key's kind, without an article."""
    if isinstance(key, Ref):
        return {"field": "declared column or the primary key", "column": "declared column"}.get(key.kind, key.kind)
    return key.what


def table_of(record: FixedKeys[object]) -> str:
    """The Markdown table of a record's keys."""
    return "| key | what it holds | meaning |\n|---|---|---|\n" + "".join(_row(record, one) for one in record.fields)


def _row(record: FixedKeys[object], field: Field) -> str:
    must = " (required)" if field.required else " (exactly one of these)" if field.key in record.one_of else ""
    return f"| `{field.key}` | {holds(field.shape)}{must} | {record.says(field)} |\n"


def code_table() -> str:
    """The Markdown table of the loader's codes."""
    rows = (f"| `{one.code}` | {one.says} | {'yes' if one.in_schema else ''} |\n" for one in LOAD_CODES)
    return "| code | what it says | by the schema too |\n|---|---|---|\n" + "".join(rows)


def tables() -> dict[str, str]:
    """Every table of the page, by its name."""
    return {record.what: table_of(record) for record in records()} | {"load codes": code_table()}


def blocks(page: str) -> dict[str, str]:
    """The tables that a page has now, by their names."""
    return {found[2]: found[3] for found in _BLOCK.finditer(page)}


def written(page: str) -> str:
    """`page` with its tables as they should be."""
    made = tables()
    return _BLOCK.sub(lambda found: found[1] + made.get(found[2], found[3]) + found[4], page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
