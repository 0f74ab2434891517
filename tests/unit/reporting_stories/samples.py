"""Small worlds made by hand, and stories played in them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import TRUE, Const, GuardedCommand, Plus, Side, System, Updates, Var, Variable

STATUSES = ("pending", "completed", "failed", "permanently_failed")


def row(number: int) -> tuple[Variable, ...]:
    """A row, with its status not the first of its variables."""
    part = f"row {number}"
    return (
        Variable(f"r{number}_retry_count", ("0", "1", "2"), "retry_count", part),
        Variable(f"r{number}_status", STATUSES, "status", part),
        Variable(f"r{number}_due", ("due", "at the end of the lease", "later"), "next_retry_at", part),
        Variable(f"r{number}_effects", ("none", "1 effect", "2 effects"), "create_transfer", part, Side.PROVIDER),
        Variable(f"r{number}_truth", ("no", "yes"), "was paid twice", part, Side.GHOST),
    )


def worker(number: int) -> Variable:
    part = f"transfer_worker {number}"
    return Variable(f"w{number}", ("nothing", "claim 1", "claim 2"), "holds", part, Side.WORKER)


def action(name: str, actor: str, says: str, updates: dict[str, int | str], **marks: str) -> GuardedCommand:
    """An action that puts values, or adds 1 where the value is ``+``."""
    found: Updates = tuple(
        (name, Plus(Var(name), 1) if value == "+" else Const(int(value))) for name, value in updates.items()
    )
    return GuardedCommand(name, actor, says, TRUE, found, fault=marks.get("fault"), wrong=marks.get("wrong"))


def play(system: System, actions: Iterable[GuardedCommand], *, says: str, prop: str, loop: int | None = None) -> Story:
    """The story of these actions, one after the other from the initial state."""
    state = dict(system.initial)
    deeds = []
    for done in actions:
        after = system.after(done, state)
        changed = tuple(name for name in after if after[name] != state[name])
        deeds.append(TraceStep(done.name, done.actor, done.says, after, changed, done.fault, done.wrong))
        state = after
    shown = tuple(Shown(v.name, v.label, v.part, v.side, v.values) for v in system.variables)
    scope = {"rows": str(len(system.rows)), "workers": "2", "attempts": "2", "world": "whole"}
    without = system.without
    return Story(
        system.lifecycle, "b3b7ae10", prop, says, scope, without, shown, dict(system.initial), tuple(deeds), loop
    )


def two_transfers() -> Story:
    """A fresh key on each attempt pays twice."""
    who, other = "transfer_worker 1", "transfer_worker 2"
    actions = (
        action("claim", who, "claims the row and counts an attempt", {"w1": 1, "r1_retry_count": "+", "r1_due": 1}),
        action("send", who, "sends the transfer under key 1; the provider makes it", {"r1_effects": "+"}),
        action("crash", who, "dies before it reads the reply", {"w1": 0}, fault="crash"),
        action("lease", "time", "the lease runs out", {"r1_due": 0}),
        action("again", other, "claims the row and counts an attempt", {"w2": 2, "r1_retry_count": "+", "r1_due": 1}),
        action(
            "fresh",
            other,
            "sends the transfer under a fresh key; the provider makes another one",
            {"r1_effects": "+", "r1_truth": 1},
            wrong="fresh_key_each_attempt",
        ),
    )
    variables = (*row(1), worker(1), worker(2))
    system = System("seller_transfer", "whole", variables, actions, rows=(("r1_status",),), without=("stable-key",))
    return play(system, actions, prop="each-effect-at-most-once", says="two transfers for one row")


def starved() -> Story:
    """Two rows, and a worker that takes the same one for ever."""
    who = "transfer_worker 1"
    actions = (
        action("arrive", "shop", "asks for a second transfer", {"r2_due": 0, "r2_retry_count": 1}),
        action("claim", who, "claims row 1", {"w1": 1, "r1_due": 1, "r1_retry_count": 1}),
        action("send", who, "sends the transfer; the provider refuses it for now", {"r1_due": 2}, fault="refusal"),
        action("finish", who, "records that it has to be done again", {"w1": 0}),
        action("due", "time", "row 1 is due again", {"r1_due": 0}),
        action("take", who, "claims row 1, which is younger", {"w1": 1, "r1_due": 1}, wrong="starves_old_rows"),
    )
    variables = (*row(1), *row(2), worker(1))
    system = System("seller_transfer", "two rows", variables, actions, rows=(("r1_status",), ("r2_status",)))
    return play(system, actions, prop="every-row-is-resolved", says="row 2 is due for ever and is never taken", loop=2)


def stuck() -> Story:
    """A row that no actor ever moves again."""
    actions = (
        action("claim", "transfer_worker", "claims the row", {"w1": 1, "r1_due": 1}),
        action("fail", "transfer_worker", "records that the transfer was not made", {"r1_status": 2, "w1": 0}),
    )
    system = System("seller_transfer", "whole", (*row(1), worker(1)), actions, rows=(("r1_status",),))
    return play(system, actions, prop="every-row-is-resolved", says="failed for ever", loop=2)


def late() -> Story:
    """The provider acts, and a webhook tells of it."""
    actions = (
        action("send", "transfer_worker", "sends the transfer and gives up waiting", {"w1": 1}, fault="time-out"),
        action("take", "provider", "carries the late request out", {"r1_effects": "+"}),
        action("hook", "webhook", "tells that the transfer was made", {"r1_status": 1, "r1_due": 2}),
        action("undo", "the provider", "forgets the key", {}),
    )
    system = System("seller_transfer", "whole", (*row(1), worker(1)), actions, rows=(("r1_status",),))
    return play(system, actions, prop="transition-2-can-fire", says="pending to completed by webhook")


def empty() -> Story:
    """What is wrong from the start."""
    system = System("seller_transfer", "whole", row(1), (), rows=(("r1_status",),))
    return play(system, (), prop="truth", says="")


def hostile(words: str) -> Story:
    """The same words in every place that a spec can write into."""
    story = starved()
    variables = tuple(
        replace(v, label=v.label if v.name.endswith("_status") else words, part=v.part, values=(words,) * len(v.values))
        for v in story.variables
    )
    deeds = tuple(replace(d, actor=words, says=words, fault=words, wrong=words) for d in story.deeds)
    return replace(
        story, lifecycle=words, prop=words, says=words, scope={words: words}, without=(words,), deeds=deeds,
        variables=variables,
    )  # fmt: skip


Make = Callable[[], Story]

STORIES: dict[str, Make] = {
    "two_transfers": two_transfers,
    "starved": starved,
    "stuck": stuck,
    "late": late,
    "empty": empty,
}
