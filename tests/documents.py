"""A spec's YAML as JSON values, as an editor's YAML 1.2 reader has it before it asks the schema."""

from collections.abc import Callable
from typing import Any

from pointsman.loading.structure import plain_type
from pointsman.loading.yaml_nodes import read_bytes
from pointsman.spec.source import Listing, Mapped, Node


def document(data: bytes) -> Node:
    """The document that `data` holds."""
    root = read_bytes(data, "document.yaml").root
    assert root is not None
    return root


def json_values(node: Node) -> Any:
    """The values that `node` stands for; keys are texts."""
    if isinstance(node, Mapped):
        return {entry.key.text: json_values(entry.value) for entry in node.entries}
    if isinstance(node, Listing):
        return [json_values(item) for item in node.items]
    read: dict[str, Callable[[str], Any]] = {
        "null": lambda _: None,
        "boolean": lambda text: text.lower() == "true",
        "whole": lambda text: int(text) if len(text) < 400 else float(text),
        "number": _number,
        "text": str,
    }
    return read[plain_type(node)](node.text)


def _number(text: str) -> float:
    if text.startswith(("0x", "0o")):
        return int(text, 0)
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))
