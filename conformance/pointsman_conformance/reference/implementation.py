"""The reference implementation: all its parts in one class."""

from __future__ import annotations

from pointsman_conformance.reference.webhook import Hooking


class ReferenceImplementation(Hooking):
    """Plays every actor of a spec, honestly: worker, handler, webhook receiver and admin.

    ``work``, ``happen``, ``hook`` and ``move_to`` are turns: generators over `operation`. A wrong implementation
    replaces one of the small methods.
    """
