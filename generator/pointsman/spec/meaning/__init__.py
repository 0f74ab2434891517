"""The meaning of a spec, said once.

`Lifecycle` holds what a spec says; here is what follows from it. The world, the laws, the reference implementation, the
provider, the search and lint all ask here, and none of them has an answer of its own: a test refuses that
(`tests/unit/test_meaning_once.py`). The tables of `docs/spec-language.md` are the cases that this is held to, and
`tests/naive_meaning.py` says the same a second time, in another way.

| question | answer |
|---|---|
| which value a dotted path names; how a body is made in which it names one | `field`, `put_field`, `scalar` |
| which request parameter a mark becomes | `parameter` |
| the text that a template makes of a row; the columns that a text says | `filled`, `columns_in` |
| which outcome a response is; which line of the spec says so | `outcome_of`, `line_of` |
| the columns that a response fills | `receipts_of` |
| the fields of an error | `error_field` |
| what a look-up shows | `looked_up` |
| which event a webhook means in a status, and whether it tells of the effect | `event_of`, `tells` |
| which calls' effects one call takes for its own | `looks_like`, `found_by_look_up`, `told_by_webhook` |
| whether an event comes from outside | `is_hooked`, `is_reported`, `comes_from_outside` |
| what takes an event in a status, and what becomes of it where nothing does | `transitions_by`, `early_event` |
| what a queue does after each result, with its defaults | `after`, `event_after`, `step_after` |
| how long a claim lasts | `lease_of` |
| a status by its stored value | `Lifecycle.by_value`, `status_in` |
| the queues of a status; the call of a queue | `Lifecycle.queues_of`, `queues_in`, `Lifecycle.call_of` |
| the statuses in which a call is made | `statuses_of_call` |
"""

from __future__ import annotations

from pointsman.spec.meaning.alike import found_by_look_up, looks_like, told_by_webhook
from pointsman.spec.meaning.events import (
    carried,
    comes_from_outside,
    early_event,
    early_statuses,
    event_of,
    events_of,
    events_of_type,
    is_hooked,
    is_own_event,
    is_reported,
    keeps,
    statuses_answering,
    tells,
    transitions_by,
    webhooks_of,
)
from pointsman.spec.meaning.look_ups import (
    LookUpAnswer,
    LookUpResult,
    is_answer,
    is_ours,
    looked_up,
    receipts_of_others,
)
from pointsman.spec.meaning.paths import Json, ScalarValue, field, index_of, parameter, parts_of, put_field, scalar
from pointsman.spec.meaning.queues import (
    EFFECT_IS_DONE,
    STEPS,
    USUAL_STEPS,
    after,
    effect_events,
    event_after,
    events_after,
    finds_out_after,
    is_event,
    lease_of,
    longest_pause_of,
    results_with,
    seconds,
    stated,
    step_after,
)
from pointsman.spec.meaning.responses import (
    ReceivedResponse,
    error_field,
    fits_pattern,
    lacks_receipts,
    line_of,
    matches,
    outcome_of,
    receipts_of,
)
from pointsman.spec.meaning.rows import queues_in, status_in, statuses_of_call
from pointsman.spec.meaning.templates import columns_in, columns_of, filled, replaced, request_parts, text_of

__all__ = [
    "EFFECT_IS_DONE",
    "STEPS",
    "USUAL_STEPS",
    "Json",
    "LookUpAnswer",
    "LookUpResult",
    "ReceivedResponse",
    "ScalarValue",
    "after",
    "carried",
    "columns_in",
    "columns_of",
    "comes_from_outside",
    "early_event",
    "early_statuses",
    "effect_events",
    "error_field",
    "event_after",
    "event_of",
    "events_after",
    "events_of",
    "events_of_type",
    "field",
    "filled",
    "finds_out_after",
    "fits_pattern",
    "found_by_look_up",
    "index_of",
    "is_answer",
    "is_event",
    "is_hooked",
    "is_ours",
    "is_own_event",
    "is_reported",
    "keeps",
    "lacks_receipts",
    "lease_of",
    "line_of",
    "longest_pause_of",
    "looked_up",
    "looks_like",
    "matches",
    "outcome_of",
    "parameter",
    "parts_of",
    "put_field",
    "queues_in",
    "receipts_of",
    "receipts_of_others",
    "replaced",
    "request_parts",
    "results_with",
    "scalar",
    "seconds",
    "stated",
    "status_in",
    "statuses_answering",
    "statuses_of_call",
    "step_after",
    "tells",
    "text_of",
    "told_by_webhook",
    "transitions_by",
    "webhooks_of",
]
