"""The variables of a row, of the provider's knowledge of it and of its ghosts, and expressions over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pointsman.spec.condition import AnyValue
from pointsman.spec.lifecycle import Call, Delivery, EffectState, Now, Outcome, Setting, Status
from pointsman.spec.meaning import found_by_look_up
from pointsman.world.domains import FactGroup
from pointsman.world.ground import (
    AMOUNT_WORDS,
    DUE,
    DUE_WORDS,
    FRESH,
    KEY_WORDS,
    LIVE,
    MADE_WORDS,
    MEMORY_WORDS,
    NEVER,
    NULL,
    UNITS_WORDS,
    WHOLE,
    Ground,
    identifier,
)
from pointsman.world.replies import Nature
from pointsman.world.system import Const, Expr, Less, Side, Var, Variable, among, both, eq, no, pick, some

YES_NO = ("no", "yes")
Changes = dict[str, Expr]


@dataclass(frozen=True)
class RowVariables:
    """One row, by its number from 0. Names of variables start with ``r0_``."""

    ground: Ground
    number: int

    @property
    def part(self) -> str:
        """The component that the row's variables belong to."""
        return f"row {self.number + 1}"

    @property
    def title(self) -> str:
        """`` of row N`` for the end of a sentence; empty where the world has one row."""
        return f" of row {self.number + 1}" if self.ground.scope.rows > 1 else ""

    def name(self, *parts: str) -> str:
        """The name of one of the row's variables."""
        return _var(self.number, *parts).name

    def _var(self, *parts: str) -> Var:
        return _var(self.number, *parts)

    # --- expressions ---------------------------------------------------------

    @property
    def status(self) -> Var:
        """The code of the status."""
        return self._var("status")

    @property
    def holder(self) -> Var:
        """The token of the living worker whose claim is the present one; 0: unclaimed."""
        return self._var("holder")

    @property
    def tries(self) -> Var:
        """Ghost: the attempts of this leg, without those given back or answered by an old refusal."""
        return self._var("tries")

    @property
    def generation(self) -> Expr:
        """The present key's generation."""
        return self._var("generation") if self.ground.generations > 1 else Const(0)

    @property
    def flying(self) -> Var:
        """The number (from 1) of the call whose request is still executing; 0: none."""
        return self._var("executing")

    @property
    def flying_key(self) -> Var:
        """The key generation of that request; the number of generations stands for an older one."""
        return self._var("executing_under")

    @property
    def flying_amount(self) -> Var:
        """The amount of that request, where the row's own may change after it was sent."""
        return self._var("executing_over")

    def flying_asked(self, call: Call) -> Expr | None:
        """The amount of the call's request that is still executing; None where the row's cannot have changed since."""
        tracked = call.amount in self.ground.moving and self.ground.makes_effects_once(call)
        return self.flying_amount if tracked else None

    def due(self, column: str) -> Var:
        """The due time: `LATER`, `DUE` or `NEVER`."""
        return self._var("due", column)

    def count(self, column: str) -> Var:
        """The number of attempts in this column."""
        return self._var("count", column)

    def key_age(self, column: str) -> Var:
        """The age of the present key by this column: `FRESH`, `LIVE` or `OLD`."""
        return self._var("key", column)

    def kept(self, column: str) -> Var:
        """1 where this column keeps an early event."""
        return self._var("kept", column)

    def owed(self, column: str) -> Var:
        """Ghost: 1 where an event was taken that must be kept, and was not applied since."""
        return self._var("owed", column)

    def dropped(self, column: str) -> Var:
        """Ghost: 1 after another event came while this column kept one, and had no place."""
        return self._var("dropped", column)

    def receipt(self, column: str) -> Var:
        """1 where this column holds a receipt."""
        return self._var("has", column)

    def amount(self, column: str) -> Var:
        """The amount asked for in this column: `NULL`, `PART` or `WHOLE`."""
        return self._var("asked", column)

    def fact(self, group: FactGroup) -> Var:
        """The number of the row's class in `group`."""
        return self._var("is", *group.columns)

    def made(self, call: Call) -> Var:
        """The number of effects that the call's requests have had, at most 2."""
        return self._var("made", call.name)

    def units(self, call: Call) -> Var:
        """For a call with `repeat: already_done`: the part of its effect that is done, by requests or by hand."""
        return self._var("units", call.name)

    def memory(self, call: Call, generation: int) -> Var:
        """The code of the answer that the provider has stored under the key of a generation."""
        suffix = (str(generation),) if self.ground.generations > 1 else ()
        return self._var("stored", call.name, *suffix)

    def denied(self, call: Call) -> Var:
        """Ghost: 1 after a transition that needs the effect not to be done, until the next attempt."""
        return self._var("denied", call.name)

    def unheard(self, call: Call) -> Var:
        """Ghost: 1 after an effect of ours, until the row hears of it by a record, a webhook or a status."""
        return self._var("unheard", call.name)

    def hears(self, call: Call) -> Changes:
        """The changes when the row hears what became of the call."""
        return {self.unheard(call).name: Const(0)} if call.name in self.ground.unsettling else {}

    def left_open(self, call: Call) -> Var:
        """Ghost: 1 after a transition that `leaves_open` the call, until the row is in a queue of the call again."""
        return self._var("left_open", call.name)

    def seen(self, event: str) -> Var:
        """Ghost: 1 after an event that comes at most once."""
        return self._var("came", event)

    @property
    def undeclared(self) -> Var:
        """Ghost: 1 after a change of status along no transition."""
        return self._var("undeclared")

    @property
    def uncaused(self) -> Var:
        """Ghost: 1 after the row was given up without cause."""
        return self._var("uncaused")

    @property
    def told(self) -> Var:
        """Ghost: 1 where the refusal under the present key is recorded."""
        return self._var("told")

    @property
    def hearsay(self) -> Var:
        """Ghost: 1 where the outcome last taken for a refusal was no refusal at the provider."""
        return self._var("hearsay")

    @property
    def over(self) -> Var:
        """Ghost: 1 after an effect of more than was asked for."""
        return self._var("over")

    @property
    def rewritten(self) -> Var:
        """Ghost: 1 after the amount was changed since it was asked for."""
        return self._var("rewritten")

    # --- predicates -----------------------------------------------------------

    def memory_at(self, call: Call, generation: Expr) -> Expr:
        """The code of the answer under the key of `generation`, an expression."""
        found: Expr = self.memory(call, 0)
        for number in range(1, self.ground.generations):
            found = pick(eq(generation, number), self.memory(call, number), found)
        return found

    def remember(self, call: Call, generation: Expr, answer: int) -> Changes:
        """Store an answer under the key of a generation."""
        if self.ground.generations == 1:
            return {self.memory(call, 0).name: Const(answer)}
        return {
            self.memory(call, number).name: pick(eq(generation, number), answer, self.memory(call, number))
            for number in range(self.ground.generations)
        }

    def asked(self, call: Call) -> Expr:
        """The amount that the call moves: `PART` or `WHOLE`."""
        return self.amount(call.amount) if call.amount in self.ground.amounts else Const(WHOLE)

    def is_done(self, call: Call) -> Expr:
        """1 where the provider's ledger shows the effect, by request or by hand, of at least the amount asked for."""
        if not self.ground.makes_effects_once(call):
            return no(eq(self.made(call), 0))
        units = self.units(call)
        if call.amount not in self.ground.amounts:
            return eq(units, WHOLE)
        return both(no(eq(units, 0)), no(Less(units, self.asked(call))))

    def is_found(self, call: Call) -> Expr:
        """1 where a look-up may find the effect: a marked one of a request, or all that was asked for, by hand or not.

        It also finds an effect of another call that no mark tells from this one's.
        """
        return some(self.is_done(call), self.is_shown(call))

    def is_shown(self, call: Call) -> Expr:
        """1 where a look-up cannot but find the effect. A part by hand may be less than the part that was asked for."""
        ours = no(eq(self.made(call), 0))
        whole = [eq(self.units(call), WHOLE)] if self.ground.makes_effects_once(call) else []
        mistaken = found_by_look_up(self.ground.lifecycle, call)
        return some(ours, *whole, *(no(eq(self.made(other), 0)) for other in mistaken if other in self.ground.calls))

    def is_mistaken(self, other: Call) -> Expr:
        """1 where news of `other` is taken for news of another call: it is done, and the row has no receipt of it."""
        known = [no(self.is_null(column)) for column, _ in other.records if column in self.ground.receipts]
        return both(no(eq(self.made(other), 0)), no(some(*known)))

    def is_null(self, column: str) -> Expr:
        """1 where the column is null; always 0 for columns that are not modelled, which are assumed to be filled."""
        ground = self.ground
        if column in ground.facts:
            group = ground.facts[column]
            return among(self.fact(group), (n for n, row in enumerate(group.classes) if row[column] is None))
        if column in ground.dues:
            # A forgotten row has a due time; only no worker polls the row any more.
            return Const(0) if ground.may("forgets_row_after_crash") else eq(self.due(column), NEVER)
        if column in ground.key_ages:
            return eq(self.key_age(column), FRESH)
        if column in ground.amounts:
            return eq(self.amount(column), NULL)
        followed = {**dict.fromkeys(ground.receipts, self.receipt), **dict.fromkeys(ground.keeps, self.kept)}
        return eq(followed[column](column), 0) if column in followed else Const(0)

    # --- writes -----------------------------------------------------------------

    def set_column(  # noqa: PLR0911 - a case for each part that a column can play
        self, column: str, setting: Setting
    ) -> Changes:
        """The changes when `setting` is written to the column; none where it is a fact, or not modelled."""
        ground = self.ground
        given = setting is not None
        if column in ground.dues:
            return {self.due(column).name: Const(DUE if given else NEVER)}
        if column in ground.counts and isinstance(setting, int):
            return {self.count(column).name: Const(min(setting, ground.counts[column]))}
        if column in ground.key_ages:
            return {self.key_age(column).name: Const(LIVE if given else FRESH)}
        if column in ground.keeps:
            return {self.kept(column).name: Const(int(given))}
        if column in ground.receipts:
            return {self.receipt(column).name: Const(int(given))}
        if column in ground.amounts:
            return {self.amount(column).name: Const(WHOLE if given else NULL)}
        return {}

    def on_entry(self, status: Status, leave_out: frozenset[str] = frozenset(), base: Changes | None = None) -> Changes:
        """The changes to columns on entering `status`, columns of `leave_out` aside; `base`: those made before.

        `may_enter` says where the table's checks let the row be so.
        """
        found: Changes = {}
        for column, setting in status.on_entry:
            if column not in leave_out:
                found |= self.set_column(column, setting)
        for group, classes in self._entered(status, leave_out):
            name, known = self.fact(group).name, [code for code in classes if code is not None]
            if known:
                found[name] = _looked_up((base or {}).get(name, self.fact(group)), classes, known[-1])
        return found

    def may_enter(self, status: Status, base: Changes | None = None) -> Expr:
        """1 where no check of the table refuses what entering `status` writes; `base`: changes that are made before."""
        return both(
            *(
                among((base or {}).get(self.fact(group).name, self.fact(group)), _allowed(classes))
                for group, classes in self._entered(status)
                if None in classes
            )
        )

    def _entered(
        self, status: Status, leave_out: frozenset[str] = frozenset()
    ) -> Iterator[tuple[FactGroup, Sequence[int | None]]]:
        """The groups of facts into which `on_entry` writes, each with the class that follows on each of its classes."""
        written = {name: setting for name, setting in status.on_entry if name not in leave_out}
        for group in self.ground.domains.groups:
            mine = {name: written[name] for name in group.columns if name in written}
            if mine:
                yield group, [after(group, code, mine) for code in range(len(group.classes))]

    def _at_insert(self, facts: frozenset[str]) -> Changes:
        """The defaults of the columns that are no `facts`; a receipt that null will not do for has a value."""
        table, found = self.ground.lifecycle.table, Changes()
        for column in table.columns if table is not None else ():
            if column.name not in facts:
                found |= self.set_column(column.name, column.default)
            if column.name in self.ground.receipts and not column.nullable:
                found[self.receipt(column.name).name] = Const(1)
        return found

    def born(self, status: Status) -> Changes:
        """The changes of an insert in `status`: defaults, `on_entry`, columns that the status requires, its effects.

        Facts are left out.
        """
        facts = frozenset(self.ground.facts)
        found: Changes = {self.status.name: Const(self.ground.code[status.name]), **self._at_insert(facts)}
        found |= self.on_entry(status, facts)
        for name in status.requires:
            if name in self.ground.receipts:
                found[self.receipt(name).name] = Const(1)
            elif name in self.ground.amounts:
                found[self.amount(name).name] = Const(WHOLE)
            elif name in self.ground.dues:
                found[self.due(name).name] = Const(DUE)
        for call in self.ground.calls:
            # A receipt in a new row stands for an effect that is done.
            receipts = [column for column, _ in call.records]
            told = bool(receipts) and all(column in status.requires for column in receipts)
            if told or dict(status.means).get(call.name) is EffectState.DONE:
                found[self.made(call).name] = Const(1)
                if self.ground.makes_effects_once(call):
                    found[self.units(call).name] = Const(WHOLE)
        return found

    # --- variables -----------------------------------------------------------------

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The variables: those of the row, then those of the provider, then the ghosts."""
        return tuple(self._variables())

    def _variables(self) -> Iterator[Variable]:
        ground = self.ground
        statuses = ["not there yet", *(status.name for status in ground.lifecycle.statuses)]
        if ground.scope.world.foreign:
            statuses.append("an undeclared status")
        yield self._variable(self.status, statuses, "status")
        yield from self._columns()
        if ground.teams:
            names = ["no worker", *(team.who(token) for team in ground.teams for token in team.tokens)]
            yield self._variable(self.holder, names, "claimed by")
        if ground.generations > 1:
            words = tuple(map(str, range(ground.generations)))
            yield self._variable(self._var("generation"), words, "key generation")
        yield from self._of_the_provider()
        yield from self._ghosts()

    def _columns(self) -> Iterator[Variable]:
        ground = self.ground
        for column in ground.dues:
            yield self._variable(self.due(column), DUE_WORDS, column, initial=NEVER)
        for column, limit in ground.counts.items():
            yield self._variable(self.count(column), tuple(map(str, range(limit + 1))), column)
        for column in ground.key_ages:
            yield self._variable(self.key_age(column), KEY_WORDS, column)
        for column in ground.receipts:
            yield self._variable(self.receipt(column), ("null", "set"), column)
        for column in ground.amounts:
            yield self._variable(self.amount(column), AMOUNT_WORDS, column)
        for column in ground.keeps:
            yield self._variable(self.kept(column), ("null", "set"), column)
        for group in ground.domains.groups:
            yield self._variable(self.fact(group), tuple(map(_in_words, group.classes)), group.columns[0])

    def _of_the_provider(self) -> Iterator[Variable]:
        ground = self.ground
        for call in ground.calls:
            yield self._variable(self.made(call), MADE_WORDS, call.name, Side.PROVIDER)
            if ground.makes_effects_once(call):
                yield self._variable(self.units(call), UNITS_WORDS, f"{call.name} done", Side.PROVIDER)
            if call.key is not None:
                for generation in range(ground.generations):
                    label = f"stored for {call.name}" + (f" under key {generation}" if ground.generations > 1 else "")
                    yield self._variable(self.memory(call, generation), MEMORY_WORDS, label, Side.PROVIDER)
        if ground.calls:
            names = ("nothing", *(call.name for call in ground.calls))
            yield self._variable(self.flying, names, "still executing", Side.PROVIDER)
        if any(call.key is not None for call in ground.calls):
            words = (
                *(f"key {n}" if ground.generations > 1 else "the present key" for n in range(ground.generations)),
                "an old key",
            )
            yield self._variable(self.flying_key, words, "executing under", Side.PROVIDER)
        if ground.moving:
            yield self._variable(self.flying_amount, AMOUNT_WORDS, "executing over", Side.PROVIDER)

    def _ghosts(self) -> Iterator[Variable]:
        ground = self.ground
        yes_no: list[Var] = []
        if ground.counts:
            most = max(ground.counts.values()) + 1
            yield self._variable(self.tries, tuple(map(str, range(most + 1))), "attempts made", Side.GHOST)
        yes_no += [self.owed(column) for column in ground.keeps]
        yes_no += [self.dropped(column) for column in ground.crowded]
        yes_no += [self.denied(call) for call in ground.calls]
        yes_no += [self.unheard(call) for call in ground.calls if call.name in ground.unsettling]
        yes_no += [self.left_open(call) for call in ground.calls if call.name in ground.left_open]
        yes_no += [
            self.seen(event.name) for event in ground.lifecycle.events if event.delivery is not Delivery.AT_LEAST_ONCE
        ]
        if ground.calls:
            yes_no.append(self.uncaused)
        if ground.strays:
            yes_no.append(self.undeclared)
        if self.can_be_told:
            yes_no.append(self.told)
        if self.can_hear_wrong:
            yes_no.append(self.hearsay)
        if ground.without & {"reverses_full_after_partial", "bump_rewrites_amount"}:
            yes_no += [self.over, self.rewritten]
        for var in yes_no:
            yield self._variable(var, YES_NO, var.name.split("_", 1)[1].replace("_", " "), Side.GHOST)

    @cached_property
    def can_be_told(self) -> bool:
        """True if a refusal may stay stored under the present key after it was recorded."""
        keyed = [call for call in self.ground.calls if call.key is not None]
        return self.ground.may("replays_old_refusal") or any(not self.ground.renewable(call) for call in keyed)

    @cached_property
    def can_hear_wrong(self) -> bool:
        """True if the spec takes a response for a refusal that is none."""
        return any(
            one.outcome is Outcome.REFUSED
            for call in self.ground.calls
            for nature in Nature
            if nature is not Nature.REFUSED
            for one in self.ground.heard(call, nature)
        )

    def _variable(
        self, var: Var, values: tuple[str, ...] | list[str], label: str, side: Side = Side.ROW, *, initial: int = 0
    ) -> Variable:
        return Variable(var.name, tuple(values), label, self.part, side, initial)


@lru_cache(maxsize=4096)
def _var(number: int, *parts: str) -> Var:
    """The variable of a row by the parts of its name. Cached: a world asks for each of few names thousands of times."""
    return Var("_".join((f"r{number}", *map(identifier, parts))))


def _in_words(row: Mapping[str, AnyValue]) -> str:
    """The values of a row of facts; the name of the first column, which labels the variable, is left out."""
    words = [f"{column} {'null' if value is None else value}" for column, value in row.items()]
    return ", ".join(words).partition(" ")[2]


def after(group: FactGroup, code: int, written: Mapping[str, Setting]) -> int | None:
    """The class of `group` after a write of these settings; the present time is a value that no condition names.

    None where a check of the table refuses the write.
    """
    values = {name: group.unnamed if isinstance(setting, Now) else setting for name, setting in written.items()}
    return group.after(code, values)


def _allowed(classes: Sequence[int | None]) -> list[int]:
    """The classes from which there is one that follows."""
    return [code for code, then in enumerate(classes) if then is not None]


def _looked_up(before: Expr, classes: Sequence[int | None], otherwise: int) -> Expr:
    """The class that follows on that of `before`; `otherwise` where none does."""
    found = [otherwise if code is None else code for code in classes]
    changed: Expr = Const(found[-1])
    for code in range(len(found) - 2, -1, -1):
        changed = pick(eq(before, code), found[code], changed)
    return changed if len(set(found)) > 1 else Const(found[0])


def settings(changes: Mapping[str, Expr]) -> tuple[tuple[str, Expr], ...]:
    """`changes` as the updates of a command; an assignment of a variable to itself is left out."""
    return tuple((name, expr) for name, expr in changes.items() if expr != Var(name))
