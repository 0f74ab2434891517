"""Every code that a finding of the loader may carry: its meaning, and whether the JSON Schema refuses it too.

The loader's modules use these codes as literals. A test compares the literals
with this list, and this list with the page that documents it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadCode:
    """One code. `says` is its sentence on the page. `in_schema`: the JSON Schema refuses such a document too."""

    code: str
    says: str
    in_schema: bool = False


LOAD_CODES = (
    # the file
    LoadCode("file-missing", "There is no file of that name."),
    LoadCode("not-a-file", "The path names a folder."),
    LoadCode("file-unreadable", "The file exists, and the system refuses to read it."),
    LoadCode("file-too-large", "The file is larger than 4 MiB. A spec is written and read by people."),
    LoadCode("not-utf8", "A byte of the file is not UTF-8. A byte order mark at the start is allowed."),
    LoadCode("file-empty", "The file holds nothing, or only comments."),
    LoadCode("control-character", "A character that cannot be seen: a control character, a line end that only some "
             "readers of YAML know, or one that turns the direction of writing. In double quotes it can be an escape."),
    # YAML
    LoadCode("tab", "A tab stands in the indentation, which YAML does not allow."),
    LoadCode("yaml-syntax", "The document is not YAML: a bracket, a quote or an indentation is wrong."),
    LoadCode("several-documents", "A second document starts after `---`. One file holds one lifecycle."),
    LoadCode("duplicate-key", "A key stands twice in one mapping. YAML readers keep one of the two and say nothing."),
    LoadCode("key-not-a-word", "A key is a list or a mapping. Every key of a spec is one word."),
    LoadCode("merge-key", "The merge key `<<` is not part of YAML 1.2, and its readers differ. Write the keys out."),
    LoadCode("yaml-tag", "A tag such as `!!python/object` or `!x` is used. Nothing in a spec is evaluated."),
    LoadCode("bad-alias", "An alias has no anchor before it, or stands inside of what it repeats."),
    LoadCode("too-many-nodes", "With its aliases written out the document would have more than a million nodes."),
    LoadCode("too-deep", "The document nests deeper than 32 levels. A spec needs fewer than ten."),
    # structure
    LoadCode("not-a-mapping", "The document is a list or a single value, and a spec is a mapping.", in_schema=True),
    LoadCode("unknown-key", "A record has a key that the language does not know.", in_schema=True),
    LoadCode("missing-key", "A record lacks a key that it must have, or has none or several of those of which it must "
             "have one.", in_schema=True),
    LoadCode("wrong-type", "A value is not of the kind that its key wants.", in_schema=True),
    LoadCode("unknown-word", "A value is not one of the words that its key allows.", in_schema=True),
    LoadCode("empty", "A list, a mapping or a text holds nothing where something must stand.", in_schema=True),
    LoadCode("repeated-item", "The same item stands twice in a list.", in_schema=True),
    # names and texts
    LoadCode("name-not-text", "An unquoted word is null, a boolean or a number to YAML, and a name must be a text. "
             "`yes` and `no` are names.", in_schema=True),
    LoadCode("bad-name", "A name is not a letter followed by letters, digits and underscores.", in_schema=True),
    LoadCode("name-too-long", "A name is longer than 63 characters, and PostgreSQL would cut it.", in_schema=True),
    LoadCode("text-too-long", "A text is longer than 1,000 characters.", in_schema=True),
    LoadCode("not-printable", "A text holds a character that cannot be printed on one line."),
    LoadCode("bad-template", "A brace is not closed, or something other than a column's name stands between braces."),
    LoadCode("bad-condition", "A condition is not in the grammar of conditions."),
    # what only the whole document can prove right
    LoadCode("undeclared-status", "A status is used and not declared under `statuses`."),
    LoadCode("undeclared-event", "An event is used that no transition has and that is not declared under `events`."),
    LoadCode("undeclared-actor", "An actor is used and not declared under `actors`."),
    LoadCode("undeclared-call", "A call is used and not declared under `calls`."),
    LoadCode("undeclared-column", "A column is used and not declared under `table: columns`."),
    LoadCode("names-collide", "Two names of one kind become one name in some target language: they differ only in case "
             "or underscores."),
    LoadCode("duplicate-value", "Two statuses, or two events, are stored as the same value."),
    LoadCode("reserved-word", "A name is taken: by a word of `then`, or by a system column of PostgreSQL."),
    LoadCode("status-column-declared", "The status column is declared again among the columns."),
    LoadCode("wrong-setting", "A value does not fit the column that it is written into."),
    LoadCode("wrong-column-type", "A column plays a part that its type cannot play."),
    LoadCode("condition-types", "A condition compares values of two kinds, such as a number and a text."),
)  # fmt: skip
"""In the order of the loader's steps: the file, YAML, structure, names and texts, the whole document."""
