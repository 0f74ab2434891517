"""`pointsman doctor`: examine how implementations are connected, before any law is judged."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pointsman.result import Grid, GridCell, Result
from pointsman.spec.finding import Finding, Severity

if TYPE_CHECKING:
    from pointsman.spec.lifecycle import Lifecycle
    from pointsman_conformance.doctor import Sign

HELP = "examine how an implementation is connected: does it start, reach the database and the provider, and write"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    from pointsman_conformance.verbs.asking import add_implementation

    add_implementation(parser)


def run(arguments: argparse.Namespace) -> Result:
    """Examine every implementation that the command line, or pointsman.toml, names.

    Raises:
        SpecError: the spec, or the configuration, cannot be loaded.
        UsageError: no implementation is given.
    """
    from contextlib import ExitStack

    from pointsman.loading.load import load
    from pointsman_conformance.doctor import examine
    from pointsman_conformance.implementations import not_tested, reached
    from pointsman_conformance.verbs.asking import implementations

    lifecycle = load(arguments.spec)
    examined: list[tuple[str, Sequence[Sign]]] = []
    idle: dict[str, tuple[str, ...]] = {}
    for implementation in implementations(arguments, lifecycle):
        with ExitStack() as stack:
            signs = examine(lifecycle, lambda of=implementation, on=stack: on.enter_context(reached(lifecycle, of)))  # type: ignore[misc]  # mypy cannot type defaults of a lambda
        examined.append((implementation.name, signs))
        idle[implementation.name] = not_tested(implementation)
    return _result(lifecycle, examined, idle)


def _result(
    lifecycle: Lifecycle, examined: Sequence[tuple[str, Sequence[Sign]]], idle: Mapping[str, tuple[str, ...]]
) -> Result:
    from pointsman_conformance.report.blocks import untested

    ill = [(name, sign) for name, signs in examined for sign in signs if sign.good is False]
    unseen = [(name, sign) for name, signs in examined for sign in signs if sign.good is None]
    return Result(
        "doctor",
        tuple(
            Finding(
                "broken-connection",
                Severity.ERROR,
                f"{name}: {sign.says}",
                lifecycle.place(),
                sign.do,
                f"{name}: {sign.name}",
            )
            for name, sign in ill
        ),
        tuple(block for name, signs in examined for block in (_grid(name, signs), *untested(idle[name]))),
        {
            "implementations": [
                {"name": name, "signs": [_data(sign) for sign in signs], "not_tested": list(idle[name])}
                for name, signs in examined
            ]
        },
        "\n".join(_summary(name, signs) for name, signs in examined),
        tuple(f"{name}: {sign.says}" for name, sign in unseen),
    )


def _grid(name: str, signs: Sequence[Sign]) -> Grid:
    words = {True: ("well", "good"), False: ("ill", "bad"), None: ("not seen", "strong")}
    rows = tuple((GridCell(sign.name), GridCell(*words[sign.good]), GridCell(sign.says)) for sign in signs)
    return Grid(("sign", "is", "what was seen"), rows, name)


def _data(sign: Sign) -> dict[str, object]:
    return {"name": sign.name, "good": sign.good, "says": sign.says, "do": sign.do}


def _summary(name: str, signs: Sequence[Sign]) -> str:
    ill = sum(sign.good is False for sign in signs)
    return f"{name}: {f'{ill} of {len(signs)} signs are ill' if ill else 'connected'}"
