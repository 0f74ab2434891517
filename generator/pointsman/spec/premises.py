"""The premises: what is assumed of everything that is no implementation.

They are printed with every verdict, and each can be dropped like a law.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Premise:
    """One premise. `sentence` says what is taken for granted; `fairness` marks those that only liveness needs."""

    id: str
    sentence: str
    fairness: bool = False


PREMISES: tuple[Premise, ...] = (
    Premise(
        "settles-within",
        "after settles_within, a request has taken effect or never will",
    ),
    Premise(
        "longest-pause",
        "between its last look at the claim and the request on the wire a process pauses for at most longest_pause",
    ),
    Premise(
        "key-lifetime",
        "a provider remembers a key, and its answer, for key_lifetime",
    ),
    Premise(
        "reply-ends-request",
        "once a reply has come, the request has no further effect",
    ),
    Premise(
        "look-up-sees-effects",
        "a look-up shows every effect that was made before it",
    ),
    Premise(
        "reports-are-true",
        "a provider reports only what has happened there",
    ),
    Premise("worker-goes-on", "a worker that lives takes its next step in the end", fairness=True),
    Premise("due-rows-are-claimed", "a row that stays due is claimed in the end", fairness=True),
    Premise("time-passes", "a due time comes, and a lease ends", fairness=True),
    Premise("requests-end", "a request that is still executing ends", fairness=True),
    Premise("kept-events-apply", "a kept event is applied in the end, once it can be", fairness=True),
    Premise(
        "reports-come-to-an-end",
        "a provider that is asked reports in the end what leads a row towards its end",
        fairness=True,
    ),
)
"""Every premise, in the order in which reports list them."""
