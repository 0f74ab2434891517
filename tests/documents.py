"""A spec's YAML as JSON values, as an editor's YAML 1.2 reader has it before it asks the schema."""

from collections.abc import Callable
from typing import Any

from pointsman.source import Listing, Mapped, Node
from pointsman.structure import plain_type


def json_values(node: Node) -> Any:
    """The values that `node` stands for; keys are texts."""
    if isinstance(node, Mapped):
        return {entry.key.text: json_values(entry.value) for entry in node.entries}
    if isinstance(node, Listing):
        return [json_values(item) for item in node.items]
    read: dict[str, Callable[[str], Any]] = {
        "null": lambda _: None,
        "boolean": lambda text: text.lower() == "true",
        "whole": int,
        "number": float,
        "text": str,
    }
    return read[plain_type(node)](node.text)
