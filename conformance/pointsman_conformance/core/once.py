"""Computes what depends on a lifecycle once for each lifecycle, and keeps it as long as the lifecycle lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from pointsman.spec.lifecycle import Lifecycle

P = ParamSpec("P")
T = TypeVar("T")


def once_for_each_lifecycle(compute: Callable[Concatenate[Lifecycle, P], T]) -> Callable[Concatenate[Lifecycle, P], T]:
    """`compute`, called once for each lifecycle (the object, not its value) and each set of other arguments.

    The arguments are given by position and can be hashed. Callers share the result, and do not change it. Lifecycles
    are not compared: that takes longer than most of what is computed.
    """
    kept: dict[int, tuple[weakref.ref[Lifecycle], dict[Hashable, T]]] = {}

    @wraps(compute)
    def computed(lifecycle: Lifecycle, /, *rest: P.args, **named: P.kwargs) -> T:
        number = id(lifecycle)
        entry = kept.get(number)
        if entry is None or entry[0]() is not lifecycle:
            entry = kept[number] = (weakref.ref(lifecycle, lambda _: kept.pop(number, None)), {})
        results = entry[1]
        if rest not in results:
            results[rest] = compute(lifecycle, *rest, **named)
        return results[rest]

    return computed
