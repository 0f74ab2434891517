"""Generated guards brought to life for tests, and many random lifecycles at once for tools that start slowly."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from hypothesis import HealthCheck, Phase, given, settings

from pointsman.rendering import python
from pointsman.spec.graph import Graph
from pointsman.spec.lifecycle import Lifecycle
from pointsman.writing.output import Output
from pointsman.writing.target import TargetOptions
from tests.checkout import TOP
from tests.lifecycles import lifecycles

SELLER_TRANSFER = TOP / "spec" / "seller_transfer.yaml"


def python_guard(lifecycle: Lifecycle) -> ModuleType:
    """The generated Python module, imported under a name of its own."""
    (output,) = python.render(lifecycle, TargetOptions())
    name = f"guard_{abs(hash(output.text))}"
    module = ModuleType(name)
    sys.modules[name] = module  # typing and pickle look a class's module up
    exec(compile(output.text, output.path, "exec"), module.__dict__)  # noqa: S102 - this is the module that was generated
    return module


def sample(number: int) -> list[Lifecycle]:
    """That many random lifecycles, for a tool that takes them all in one run."""
    drawn: list[Lifecycle] = []

    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lifecycles())
    def draw(lifecycle: Lifecycle) -> None:
        drawn.append(lifecycle)

    draw()
    return drawn[:number]


def put(outputs: tuple[Output, ...], folder: Path) -> None:
    """Write outputs as they are into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for output in outputs:
        (folder / output.path).write_bytes(output.text.encode())


def expected(lifecycle: Lifecycle) -> dict[tuple[str, str], bool]:
    """What a guard has to say of every pair of stored values: the graph's word for it, and the same status."""
    graph = Graph(lifecycle).digraph
    return {
        (source.value, target.value): source is target or graph.has_edge(source.name, target.name)
        for source in lifecycle.statuses
        for target in lifecycle.statuses
    }


def strangers(lifecycle: Lifecycle) -> list[str]:
    """Texts near the stored values and far from them that are no status of this lifecycle."""
    known = {status.value for status in lifecycle.statuses}
    near = [
        change for value in known for change in (value + " ", value.upper(), value.lower(), value[:-1], f"'{value}'")
    ]
    near += [status.name for status in lifecycle.statuses]
    return [text for text in dict.fromkeys([*near, "", "no such status", "None"]) if text not in known]
