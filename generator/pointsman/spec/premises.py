"""The premises: what is assumed of everything that is no implementation.

They are printed with every verdict, and most can be dropped like a law.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Premise:
    """One premise. `sentence` says what is taken for granted.

    `without` says what may happen in the world where the premise is dropped. Where no world can drop it, it is not
    `droppable`, and `without` says what every world has instead. `fairness` marks premises that only liveness needs.
    """

    id: str
    sentence: str
    without: str
    fairness: bool = False
    droppable: bool = True


PREMISES: tuple[Premise, ...] = (
    Premise(
        "settles-within",
        "after settles_within, a request has taken effect or never will",
        "no lease and no key is taken to outlast a request",
    ),
    Premise(
        "longest-pause",
        "between its last look at the claim and the request on the wire a process pauses for at most longest_pause",
        "a worker whose claim is lost sends all the same",
    ),
    Premise(
        "key-lifetime",
        "a provider remembers a key, and its answer, for key_lifetime",
        "the provider forgets what it stored at any time",
    ),
    Premise(
        "reply-ends-request",
        "once a reply has come, the request has no further effect",
        "an error is answered while the request is still executing",
    ),
    Premise(
        "answers-mean-what-they-say",
        "an answer means at the provider what the spec's outcomes take it for",
        "a request that is made is answered as a refusal, or one that is not made as accepted",
    ),
    Premise(
        "not-tried-ends",
        "answers 401, 403, 409 and 429 come to an end",
        "such an answer, 409 aside, is no fault, and an attempt that is given back after it stays in *tries*",
    ),
    Premise(
        "look-up-sees-effects",
        "a look-up shows every effect that was made before it",
        "a look-up shows nothing although the effect is there",
    ),
    Premise(
        "look-ups-are-true",
        "a look-up shows an effect only where one was made",
        "a look-up finds an effect that was never made, such as a receipt that is there in any case",
    ),
    Premise(
        "reports-are-true",
        "a provider reports only what has happened there",
        "a report comes although the effects that its status means done are not there",
    ),
    Premise(
        "webhooks-reach-their-call",
        "a webhook that reaches a row tells of an effect of that row's own call",
        "a call's webhook reaches a row of which the call has no effect, and leaves its receipts there",
    ),
    Premise(
        "effects-are-not-undone",
        "an effect that was made stays made",
        "the provider takes an effect back; what it stored under keys stays",
    ),
    Premise(
        "inserted-once",
        "a row is inserted once for each thing that is to be done",
        "a row whose status is not transient and of which no request is executing is inserted anew, under new keys, "
        "while the provider's ledger stays",
    ),
    Premise(
        "one-clock",
        "all processes compare due times and leases with one clock",
        "a worker claims a row before it is due",
    ),
    Premise(
        "commits-last",
        "a write that was committed stays, and every later read sees it",
        "every write is there for all at once and for ever; a database that loses a commit in a failover, or answers "
        "from a replica that lags, is not in the world",
        droppable=False,
    ),
    Premise(
        "events-may-come",
        "an event that no webhook of a call brings may come at any time, and may never come",
        "no property of what must happen in the end rests on such an event; one that never comes only takes runs away",
        droppable=False,
    ),
    Premise(
        "worker-goes-on",
        "a worker that lives takes its next step in the end",
        "the steps of workers are no fair group",
        fairness=True,
    ),
    Premise(
        "due-rows-are-claimed",
        "a row that stays due is claimed in the end",
        "claims are no fair group",
        fairness=True,
    ),
    Premise(
        "time-passes",
        "a due time comes, and a lease ends",
        "the passing of time is no fair group",
        fairness=True,
    ),
    Premise(
        "requests-end",
        "a request that is still executing ends",
        "the ends of requests are no fair group",
        fairness=True,
    ),
    Premise(
        "kept-events-apply",
        "a kept event is applied in the end, once it can be",
        "the applying of kept events is no fair group",
        fairness=True,
    ),
    Premise(
        "reports-come-to-an-end",
        "a provider that is asked reports in the end what leads a row towards its end",
        "reports of queues without a call are no fair group",
        fairness=True,
    ),
)
"""Every premise, in the order in which reports list them."""

DROPPABLE: tuple[Premise, ...] = tuple(premise for premise in PREMISES if premise.droppable)
"""The premises that a world can do without, in the same order."""
