"""Which calls' effects one call takes for its own: in a look-up, or by a webhook."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Lifecycle, Webhook


def looks_like(call: Call, other: Call) -> bool:
    """Whether an effect of `other` carries every mark by which `call` knows its own: both send the same marks."""
    return call.provider == other.provider and set(call.marks) <= set(other.marks)


def found_by_look_up(lifecycle: Lifecycle, call: Call) -> tuple[Call, ...]:
    """The other calls whose effects the call's look-up finds.

    Their requests create what the look-up lists, and no mark tells them apart. A look-up by the call's key finds no
    other call's effect.
    """
    if call.look_up is None or (call.key is not None and call.key.text in call.look_up.request.text):
        return ()
    listed = call.look_up.request.text.partition("?")[0].split()[1:]
    return tuple(
        other
        for other in lifecycle.calls
        if other is not call and other.request.text.split() == ["POST", *listed] and looks_like(call, other)
    )


def told_by_webhook(lifecycle: Lifecycle, call: Call, hook: Webhook) -> tuple[Call, ...]:
    """The other calls that a webhook of this type tells of, and whose effects no mark tells from the call's own."""
    return tuple(
        other
        for other in lifecycle.calls
        if other is not call and looks_like(call, other) and any(each.type == hook.type for each in other.webhooks)
    )
