"""The statements of schemas and migrations, each a frozen value with its SQL.

`sql` is one statement without its semicolon. It never holds a comment, so that a
stored value can only ever stand inside of a literal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pointsman.sql.quoting import dollar_quoted, identifier, literal
from pointsman.sql.schema import CheckConstraint, ColumnDefinition, Index, Schema, TableName, TransitionsRule


class Statement(Protocol):
    """One statement of SQL."""

    @property
    def sql(self) -> str:
        """The statement, without a semicolon."""


@dataclass(frozen=True, slots=True)
class CreateTable:
    """The whole table with its primary key and its CHECKs."""

    schema: Schema
    primary_key_name: str

    @property
    def sql(self) -> str:
        """CREATE TABLE."""
        key = f"CONSTRAINT {identifier(self.primary_key_name)} PRIMARY KEY ({identifier(self.schema.primary_key)})"
        parts = [column.sql for column in self.schema.columns] + [key]
        parts += [f"CONSTRAINT {identifier(check.name)} CHECK ({check.expression})" for check in self.schema.checks]
        return _listed(f"CREATE TABLE {self.schema.table.sql} (", parts) + "\n)"


@dataclass(frozen=True, slots=True)
class DropTable:
    """The table and all that belongs to it."""

    table: TableName

    @property
    def sql(self) -> str:
        """DROP TABLE."""
        return f"DROP TABLE {self.table.sql}"


@dataclass(frozen=True, slots=True)
class Alter:
    """One ALTER TABLE: all of its actions happen, or none."""

    table: TableName
    actions: tuple[AlterAction, ...]

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        if len(self.actions) == 1:
            return f"ALTER TABLE {self.table.sql} {self.actions[0].sql}"
        return _listed(f"ALTER TABLE {self.table.sql}", [action.sql for action in self.actions])


class AlterAction(Protocol):
    """One action of an ALTER TABLE."""

    @property
    def sql(self) -> str:
        """The action, without ALTER TABLE."""


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A new column; existing rows get its default."""

    column: ColumnDefinition

    @property
    def sql(self) -> str:
        """ADD COLUMN."""
        return f"ADD COLUMN {self.column.sql}"


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Drops a column with its values."""

    name: str

    @property
    def sql(self) -> str:
        """DROP COLUMN."""
        return f"DROP COLUMN {identifier(self.name)}"


@dataclass(frozen=True, slots=True)
class SetDefault:
    """Sets the default of a column for new rows; None drops it."""

    column: str
    default: str | None

    @property
    def sql(self) -> str:
        """ALTER COLUMN ... DEFAULT."""
        what = "DROP DEFAULT" if self.default is None else f"SET DEFAULT {self.default}"
        return f"ALTER COLUMN {identifier(self.column)} {what}"


@dataclass(frozen=True, slots=True)
class SetRequired:
    """Sets or drops NOT NULL of a column."""

    column: str
    required: bool

    @property
    def sql(self) -> str:
        """ALTER COLUMN ... NOT NULL."""
        return f"ALTER COLUMN {identifier(self.column)} {'SET' if self.required else 'DROP'} NOT NULL"


@dataclass(frozen=True, slots=True)
class SetType:
    """Another type for a column: every row is written anew."""

    column: str
    type: str

    @property
    def sql(self) -> str:
        """ALTER COLUMN ... TYPE."""
        name = identifier(self.column)
        return f"ALTER COLUMN {name} TYPE {self.type} USING {name}::{self.type}"


@dataclass(frozen=True, slots=True)
class AddCheck:
    """A CHECK that binds new and changed rows at once, and the others once it is validated."""

    check: CheckConstraint

    @property
    def sql(self) -> str:
        """ADD CONSTRAINT ... NOT VALID."""
        return f"ADD CONSTRAINT {identifier(self.check.name)} CHECK ({self.check.expression}) NOT VALID"


@dataclass(frozen=True, slots=True)
class DropCheck:
    """Drops a CHECK."""

    name: str

    @property
    def sql(self) -> str:
        """DROP CONSTRAINT."""
        return f"DROP CONSTRAINT {identifier(self.name)}"


@dataclass(frozen=True, slots=True)
class ValidateCheck:
    """Read every row against a CHECK that was added without looking."""

    name: str

    @property
    def sql(self) -> str:
        """VALIDATE CONSTRAINT."""
        return f"VALIDATE CONSTRAINT {identifier(self.name)}"


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """A partial index; with `concurrently`, writers go on meanwhile."""

    table: TableName
    index: Index
    concurrently: bool = True

    @property
    def sql(self) -> str:
        """CREATE INDEX. Never IF NOT EXISTS, which takes the invalid rest of a failed build for the index."""
        columns = ", ".join(identifier(column) for column in self.index.columns)
        how = "CONCURRENTLY " if self.concurrently else ""
        name = identifier(self.index.name)
        return f"CREATE INDEX {how}{name}\n  ON {self.table.sql} ({columns})\n  WHERE {self.index.where}"


@dataclass(frozen=True, slots=True)
class DropIndex:
    """Drops an index without blocking readers or writers."""

    table: TableName
    name: str

    @property
    def sql(self) -> str:
        """DROP INDEX CONCURRENTLY."""
        return f"DROP INDEX CONCURRENTLY {self.table.beside(self.name)}"


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """Renames an index without blocking readers or writers."""

    table: TableName
    old: str
    new: str

    @property
    def sql(self) -> str:
        """ALTER INDEX ... RENAME."""
        return f"ALTER INDEX {self.table.beside(self.old)} RENAME TO {identifier(self.new)}"


@dataclass(frozen=True, slots=True)
class CreateFunction:
    """Creates or replaces the function that holds the allowed transitions. Replacing it takes no lock on the table."""

    table: TableName
    rule: TransitionsRule

    @property
    def sql(self) -> str:
        """CREATE OR REPLACE FUNCTION."""
        return (
            f"CREATE OR REPLACE FUNCTION {self.table.beside(self.rule.name)}() RETURNS trigger\n"
            "LANGUAGE plpgsql\n"
            "SET search_path = pg_catalog, pg_temp\n"
            f"AS {dollar_quoted(_body(self.rule))}"
        )


@dataclass(frozen=True, slots=True)
class DropFunction:
    """Drops the trigger's function."""

    table: TableName
    name: str

    @property
    def sql(self) -> str:
        """DROP FUNCTION."""
        return f"DROP FUNCTION {self.table.beside(self.name)}()"


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """Creates the trigger. It is an AFTER trigger, so that it sees changes by a BEFORE trigger of another owner."""

    table: TableName
    rule: TransitionsRule

    @property
    def sql(self) -> str:
        """CREATE TRIGGER."""
        status = identifier(self.rule.status_column)
        return (
            f"CREATE TRIGGER {identifier(self.rule.name)}\n"
            f"AFTER UPDATE ON {self.table.sql}\n"
            "FOR EACH ROW\n"
            f"WHEN (OLD.{status} IS DISTINCT FROM NEW.{status})\n"
            f"EXECUTE FUNCTION {self.table.beside(self.rule.name)}()"
        )


@dataclass(frozen=True, slots=True)
class DropTrigger:
    """Drops the trigger; its function stays."""

    table: TableName
    name: str

    @property
    def sql(self) -> str:
        """DROP TRIGGER."""
        return f"DROP TRIGGER {identifier(self.name)} ON {self.table.sql}"


def _listed(opening: str, parts: list[str]) -> str:
    return opening + "\n  " + ",\n  ".join(parts)


def _body(rule: TransitionsRule) -> str:
    """The body of the function, the only place of the pairs of statuses in the database."""
    status = identifier(rule.status_column)
    arms = "\n".join(f"    WHEN {literal(value)} THEN {_texts(targets)}" for value, targets in rule.moves)
    return f"""
DECLARE
  old_status CONSTANT text := OLD.{status}::text;
  new_status CONSTANT text := NEW.{status}::text;
  allowed CONSTANT text[] := CASE old_status
{arms}
  END;
BEGIN
  IF new_status = ANY (allowed) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION USING
    ERRCODE = '23514',
    MESSAGE = format('%s.%s must not change from %L to %L', TG_TABLE_NAME, {literal(rule.status_column)},
                     old_status, new_status),
    HINT = CASE
      WHEN allowed IS NULL THEN format('%L is not a status of %s.', old_status, {literal(rule.lifecycle)})
      WHEN cardinality(allowed) = 0 THEN format('There is no way out of %L.', old_status)
      ELSE format('From %L it may change to %s.', old_status,
                  (SELECT string_agg(quote_literal(target), ', ') FROM unnest(allowed) AS target))
    END,
    CONSTRAINT = {literal(rule.name)},
    SCHEMA = TG_TABLE_SCHEMA,
    TABLE = TG_TABLE_NAME,
    COLUMN = {literal(rule.status_column)};
END
"""  # noqa: S608 - every value in it is a literal


def _texts(values: tuple[str, ...]) -> str:
    return f"ARRAY[{', '.join(literal(value) for value in values)}]" if values else "'{}'::text[]"
