"""The steps of a migration: the statements of one file, and the statements that undo it.

A step is as small as its locks and its transaction allow. Undoing a step restores
the catalogues exactly; values that were filled in stay, and the values of a
dropped column are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pointsman.spec import database_names
from pointsman.spec.errors import UsageError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.sql.backfill import FillInBatches
from pointsman.sql.changes import (
    AddIndex,
    AlterColumns,
    Backfill,
    Change,
    ChangeType,
    CreateAll,
    ForbidNulls,
    InstallRule,
    RemoveColumns,
    RemoveIndex,
    RemoveRule,
    ReplaceIndex,
    ReplaceRule,
    SwapChecks,
    changes,
)
from pointsman.sql.quoting import identifier
from pointsman.sql.schema import CheckConstraint, ColumnDefinition, Schema, table_of, wanted
from pointsman.sql.schema_target import refuse_long_names, schema_statements
from pointsman.sql.statements import (
    AddCheck,
    AddColumn,
    Alter,
    AlterAction,
    CreateFunction,
    CreateIndex,
    CreateTrigger,
    DropCheck,
    DropColumn,
    DropFunction,
    DropIndex,
    DropTable,
    DropTrigger,
    RenameIndex,
    SetDefault,
    SetRequired,
    SetType,
    Statement,
    ValidateCheck,
)


class RunMode(Enum):
    """The way in which statements must be run."""

    QUICK = "in a transaction; they only wait for a lock, and not for long"
    LONG = "in a transaction of their own, so that no strong lock is held while rows are read"
    ALONE = "one statement outside of any transaction"


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements that are run together."""

    statements: tuple[Statement, ...]
    mode: RunMode = RunMode.QUICK


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """One file of a migration. `what` ends its name; `about` are comment lines, which hold no stored values."""

    what: str
    about: tuple[str, ...]
    up: tuple[Batch, ...]
    down: tuple[Batch, ...]


def steps(old: Lifecycle | None, new: Lifecycle) -> tuple[MigrationFile, ...]:
    """The steps from `old` (None: an empty database) to `new`, in order; empty if the database stays as it is.

    Raises:
        UsageError: a lifecycle has no table, or a name that PostgreSQL would cut.
    """
    refuse_long_names(new)
    plan = _Plan(new, wanted(new))
    return tuple(step for change in changes(old, new) for step in plan.steps(change))


class _Plan:
    """Turns the changes of one table into steps."""

    def __init__(self, lifecycle: Lifecycle, schema: Schema) -> None:
        self._lifecycle = lifecycle
        self._schema = schema
        self._table = schema.table

    def steps(self, change: Change) -> Iterator[MigrationFile]:  # noqa: C901, PLR0912 - one arm per kind of change
        match change:
            case CreateAll():
                yield self._create()
            case AlterColumns():
                yield self._alter_columns(change)
            case ChangeType():
                yield self._change_type(change)
            case Backfill():
                yield self._backfill(change)
            case AddIndex():
                yield self._add_index(change)
            case ReplaceIndex():
                yield from self._replace_index(change)
            case SwapChecks():
                yield from self._swap_checks(change)
            case ForbidNulls():
                yield from self._forbid_nulls(change)
            case InstallRule():
                yield self._install(change)
            case ReplaceRule():
                yield self._replace_rule(change)
            case RemoveRule():
                yield self._remove_rule(change)
            case RemoveIndex():
                yield self._remove_index(change)
            case RemoveColumns():
                yield self._remove_columns(change)

    # --- the whole table -------------------------------------------------------

    def _create(self) -> MigrationFile:
        down: list[Statement] = [DropTable(self._table)]
        if self._schema.rule is not None:
            down.append(DropFunction(self._table, self._schema.rule.name))
        return MigrationFile(
            "",
            (f"The table {self._table.name} with all that belongs to it.", "Undoing it drops the table with its rows."),
            (Batch(schema_statements(self._lifecycle)),),
            (Batch(tuple(down)),),
        )

    # --- columns ---------------------------------------------------------------

    def _alter_columns(self, change: AlterColumns) -> MigrationFile:
        up: list[AlterAction] = [AddColumn(column) for column in change.added]
        up += [SetDefault(column.name, column.default) for _, column in change.defaults]
        up += [SetRequired(name, required=False) for name in change.loosened]
        down: list[AlterAction] = [SetDefault(was.name, was.default) for was, _ in reversed(change.defaults)]
        down += [DropColumn(column.name) for column in reversed(change.added)]
        names = [column.name for column in change.added]
        undo = (self._alter(*down),) if down else ()
        return MigrationFile(
            names[0] if len(names) == 1 and len(up) == 1 else "columns",
            ("Columns that are null or constant at first, so that no row is written anew.",),
            (self._alter(*up),),
            undo + self._require(change.loosened),
        )

    def _change_type(self, change: ChangeType) -> MigrationFile:
        name = change.new.name
        return MigrationFile(
            f"{name}_type",
            (f"The column {name} becomes {change.new.type}. Every row may be written anew; readers wait meanwhile.",),
            (self._retype(change.old, change.new),),
            (self._retype(change.new, change.old),),
        )

    def _retype(self, was: ColumnDefinition, now: ColumnDefinition) -> Batch:
        # A default is not cast along with the values.
        actions: list[AlterAction] = [SetDefault(was.name, None)] if was.default is not None else []
        actions.append(SetType(now.name, now.type))
        actions += [SetDefault(now.name, now.default)] if now.default is not None else []
        return Batch((Alter(self._table, tuple(actions)),), RunMode.LONG)

    def _remove_columns(self, change: RemoveColumns) -> MigrationFile:
        names = [column.name for column in change.columns]
        return MigrationFile(
            f"drop_{names[0] if len(names) == 1 else 'columns'}",
            ("Columns that are dropped with their values. Undoing it brings them back empty.",),
            (self._alter(*(DropColumn(name) for name in names)),),
            (self._alter(*(AddColumn(column) for column in change.columns)),),
        )

    def _forbid_nulls(self, change: ForbidNulls) -> Iterator[MigrationFile]:
        checks = self._present_checks(change.columns)
        word = f"{change.columns[0] if len(change.columns) == 1 else 'columns'}_required"
        yield self._add_checks(f"{word}_check", checks)
        yield self._validate_checks(f"{word}_validated", checks)
        add, validate = self._checked(checks)
        loosen = tuple(SetRequired(name, required=False) for name in change.columns)
        yield MigrationFile(
            word,
            ("The CHECK that was validated before proves it, so no row is read. Then the CHECK has done its part.",),
            (self._required(change.columns, checks),),
            (self._alter(*loosen, *add), validate),
        )

    def _require(self, columns: tuple[str, ...]) -> tuple[Batch, ...]:
        """NOT NULL without reading rows under a strong lock."""
        if not columns:
            return ()
        checks = self._present_checks(columns)
        add, validate = self._checked(checks)
        return (self._alter(*add), validate, self._required(columns, checks))

    def _required(self, columns: tuple[str, ...], checks: tuple[CheckConstraint, ...]) -> Batch:
        # Two statements: within one, the CHECKs would be dropped before they could prove NOT NULL.
        return Batch(
            (
                Alter(self._table, tuple(SetRequired(name, required=True) for name in columns)),
                Alter(self._table, tuple(DropCheck(check.name) for check in checks)),
            )
        )

    def _present_checks(self, columns: tuple[str, ...]) -> tuple[CheckConstraint, ...]:
        names = {column: _fitting(f"{self._table.name}_{column}_present") for column in columns}
        return tuple(
            CheckConstraint(name, f"{identifier(column)} IS NOT NULL", f"{identifier(column)} IS NULL")
            for column, name in names.items()
        )

    # --- values ----------------------------------------------------------------

    def _backfill(self, change: Backfill) -> MigrationFile:
        return MigrationFile(
            "backfill",
            (
                "Values for rows that newly need them: a few thousand keys at a time, committed each time.",
                "It may be stopped and run again. Undoing it changes nothing: which values it filled in is not known.",
            ),
            (Batch((self._filled(change),), RunMode.ALONE),),
            (),
        )

    def _filled(self, change: Backfill) -> FillInBatches:
        status = table_of(self._lifecycle).status_column
        return FillInBatches(self._table, status, self._schema.primary_key, change.fills)

    # --- indexes ---------------------------------------------------------------

    def _add_index(self, change: AddIndex) -> MigrationFile:
        index = change.index
        return MigrationFile(
            f"{self._index_word(index.name)}_index",
            (f"The partial index {index.name}. Writers go on while it is built.", *_INVALID),
            (_alone(CreateIndex(self._table, index)),),
            (_alone(DropIndex(self._table, index.name)),),
        )

    def _remove_index(self, change: RemoveIndex) -> MigrationFile:
        index = change.index
        return MigrationFile(
            f"drop_{self._index_word(index.name)}_index",
            (f"The spec does not have the index {index.name} any more.",),
            (_alone(DropIndex(self._table, index.name)),),
            (_alone(CreateIndex(self._table, index)),),
        )

    def _replace_index(self, change: ReplaceIndex) -> Iterator[MigrationFile]:
        name, following = change.new.name, _fitting(f"{change.new.name}_next")
        word = self._index_word(name)
        built = type(change.new)(following, change.new.columns, change.new.where)
        yield MigrationFile(
            f"{word}_index_next",
            (f"The new form of {name}, beside it. Writers go on while it is built.", *_INVALID),
            (_alone(CreateIndex(self._table, built)),),
            (_alone(DropIndex(self._table, following)),),
        )
        yield MigrationFile(
            f"drop_{word}_index",
            (f"{following} is there, {name} can go. Look first that it is valid: pointsman migrate --repair does.",),
            (_alone(DropIndex(self._table, name)),),
            (_alone(CreateIndex(self._table, change.old)),),
        )
        yield MigrationFile(
            f"rename_{word}_index",
            (f"{following} takes over the name {name}.",),
            (Batch((RenameIndex(self._table, following, name),)),),
            (Batch((RenameIndex(self._table, name, following),)),),
        )

    def _index_word(self, name: str) -> str:
        return name.removeprefix("idx_").removeprefix(f"{self._table.name}_").removesuffix("_index")

    # --- CHECKs ----------------------------------------------------------------

    def _swap_checks(self, change: SwapChecks) -> Iterator[MigrationFile]:
        up = [DropCheck(check.name) for check in change.dropped] + [AddCheck(check) for check in change.added]
        drop = tuple(DropCheck(check.name) for check in change.added)
        add, validate = self._checked(change.dropped)
        yield MigrationFile(
            "checks",
            ("New and changed rows are checked from here on; rows that are not written are read by the next step.",)
            if change.added
            else ("CHECKs that are not wanted any more.",),
            (self._alter(*up),),
            (self._alter(*drop, *add), *((validate,) if change.dropped else ())),
        )
        if change.added:
            yield self._validate_checks("checks_validated", change.added)

    def _add_checks(self, what: str, checks: tuple[CheckConstraint, ...]) -> MigrationFile:
        return MigrationFile(
            what,
            ("New and changed rows are checked from here on; rows that are not written are read by the next step.",),
            (self._alter(*(AddCheck(check) for check in checks)),),
            (self._alter(*(DropCheck(check.name) for check in checks)),),
        )

    def _validate_checks(self, what: str, checks: tuple[CheckConstraint, ...]) -> MigrationFile:
        _, validate = self._checked(checks)
        again = [action for check in checks for action in (DropCheck(check.name), AddCheck(check))]
        return MigrationFile(
            what,
            ("Reads all rows while others read and write. Where a row breaks a CHECK it stops and changes nothing.",),
            (validate,),
            (self._alter(*again),),
        )

    def _checked(self, checks: tuple[CheckConstraint, ...]) -> tuple[tuple[AddCheck, ...], Batch]:
        """The actions that add CHECKs without reading rows, and the batch that validates them."""
        validate = tuple(ValidateCheck(check.name) for check in checks)
        return tuple(AddCheck(check) for check in checks), Batch((Alter(self._table, validate),), RunMode.LONG)

    def _alter(self, *actions: AlterAction) -> Batch:
        return Batch((Alter(self._table, actions),))

    # --- the trigger -----------------------------------------------------------

    def _install(self, change: InstallRule) -> MigrationFile:
        rule = change.rule
        return MigrationFile(
            "transitions",
            (
                "The trigger that refuses every change of status which the spec does not allow.",
                "It is installed once: when transitions change, only its function is replaced, and that locks nothing.",
            ),
            (Batch((CreateFunction(self._table, rule), CreateTrigger(self._table, rule))),),
            (Batch((DropTrigger(self._table, rule.name), DropFunction(self._table, rule.name))),),
        )

    def _replace_rule(self, change: ReplaceRule) -> MigrationFile:
        return MigrationFile(
            "transitions",
            ("Other transitions. The trigger stays as it is.",),
            (Batch((CreateFunction(self._table, change.new),)),),
            (Batch((CreateFunction(self._table, change.old),)),),
        )

    def _remove_rule(self, change: RemoveRule) -> MigrationFile:
        rule = change.rule
        return MigrationFile(
            "drop_transitions",
            ("The database does not watch transitions any more.",),
            (Batch((DropTrigger(self._table, rule.name), DropFunction(self._table, rule.name))),),
            (Batch((CreateFunction(self._table, rule), CreateTrigger(self._table, rule))),),
        )


_INVALID = (
    "A build that is interrupted leaves an invalid index under this name: pointsman migrate --repair mends that.",
)


def _alone(statement: Statement) -> Batch:
    return Batch((statement,), RunMode.ALONE)


def _fitting(name: str) -> str:
    if len(name.encode()) > database_names.LONGEST:
        raise UsageError(f"The migration needs the name {name!r}, which PostgreSQL would cut: shorten the name in it.")
    return name
