"""The checks of the audit, one in each file."""

from __future__ import annotations

from pointsman.auditing.check import AuditCheck
from pointsman.auditing.checks import (
    attempts_out_of_bounds,
    check_different,
    check_missing,
    check_not_valid,
    column_default,
    column_missing,
    column_nullability,
    column_type,
    condition_broken,
    due_too_late,
    index_different,
    index_invalid,
    index_missing,
    kept_event_not_applied,
    key_missing,
    never_picked_up,
    null_found,
    overdue,
    requires_broken,
    status_nullable,
    status_refused,
    trigger_different,
    trigger_disabled,
    trigger_missing,
    unknown_status,
)

CHECKS: tuple[AuditCheck, ...] = (
    # The rows.
    unknown_status.CHECK,
    requires_broken.CHECK,
    condition_broken.CHECK,
    null_found.CHECK,
    attempts_out_of_bounds.CHECK,
    never_picked_up.CHECK,
    overdue.CHECK,
    due_too_late.CHECK,
    kept_event_not_applied.CHECK,
    # The table.
    column_missing.CHECK,
    column_type.CHECK,
    column_nullability.CHECK,
    column_default.CHECK,
    key_missing.CHECK,
    status_nullable.CHECK,
    status_refused.CHECK,
    check_missing.CHECK,
    check_not_valid.CHECK,
    check_different.CHECK,
    index_missing.CHECK,
    index_invalid.CHECK,
    index_different.CHECK,
    trigger_missing.CHECK,
    trigger_disabled.CHECK,
    trigger_different.CHECK,
)
"""Every check, in the order of the documentation."""
