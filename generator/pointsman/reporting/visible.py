"""Text from a spec or a table, made safe to show.

A terminal executes control characters, and bidirectional controls make a reader
see another order than the one that is stored. Both are shown as the escape that
Python would use.
"""

from __future__ import annotations

import re

# C0 and C1 controls and DEL; zero-width space and no-break; marks, embeddings, overrides and isolates of direction;
# line and paragraph separators; surrogates that stand alone; tags.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_SPELLED = str.maketrans({"…": "...", "→": "->", "←": "<-", "–": "-", "—": "-", "·": ".", "×": "x", "±": "+-"})


def visible(text: str, keep: str = "") -> str:
    r"""`text` with control characters as escapes such as ``\x1b``; the characters of `keep` stay."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else _escaped(found[0]), text)


def legible(text: str, *, unicode: bool, keep: str = "") -> str:
    """`text` as `visible` gives it; without `unicode`, other characters are respelled or escaped in ASCII too."""
    seen = visible(text, keep)
    if unicode or seen.isascii():
        return seen
    return seen.translate(_SPELLED).encode("ascii", "backslashreplace").decode("ascii")


def _escaped(character: str) -> str:
    named = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    if character in named:
        return named[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
