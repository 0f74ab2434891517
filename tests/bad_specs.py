"""Specs with mistakes in them, and what must be said of each, and where.

One table for the loader and for the command line. `found` holds a line per
finding: ``line:column code``, in the order of the file.
"""

from dataclasses import dataclass, field

GOOD = """\
pointsman: 1
lifecycle: order
table:
  name: orders
  columns:
    amount: {type: bigint, check: amount > 0}
    note: {type: text, nullable: true}
    due: {type: timestamptz, nullable: true, default: now}
actors: {clerk: handler}
statuses:
  open: {initial: true}
  paid: {terminal: true}
transitions:
  - {from: open, to: paid, event: pay, by: clerk}
"""
"""A spec without mistakes; the bad ones differ from it in one place."""


@dataclass(frozen=True)
class Bad:
    """A bad document, what is found in it, and words that the first finding must use."""

    name: str
    data: bytes
    found: tuple[str, ...]
    says: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.name


def _bad(name: str, text: str | bytes, *found: str, says: str | tuple[str, ...] = ()) -> Bad:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return Bad(name, data, found, (says,) if isinstance(says, str) else says)


def _with(old: str, new: str) -> str:
    """`GOOD` with one thing replaced."""
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def _status(body: str) -> str:
    return _with("open: {initial: true}", f"open: {body}")


def _call(old: str, new: str) -> str:
    """`GOOD` with a call, and one thing in the call replaced."""
    call = "calls: {c: {provider: p, request: r, repeat: new_effect, outcomes: [{accepted: [timeout]}]}}\n"
    assert call.count(old) == 1, old
    return GOOD + call.replace(old, new)


def _property(body: str) -> str:
    """`GOOD` with one property."""
    return GOOD + f"properties: {{p: {body}}}\n"


def _bomb(width: int, depth: int) -> str:
    """Each line repeats the one before it `width` times."""
    lines = ["a0: &a0 [" + ", ".join(["x"] * width) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * width) + "]" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


FILES = (
    _bad("empty", b"", "1:1 file-empty"),
    _bad("only blanks", b" \n\n  \n", "1:1 file-empty"),
    _bad("only comments", b"# nothing\n# here\n", "1:1 file-empty", says="only comments"),
    _bad("only a byte order mark", b"\xef\xbb\xbf", "1:1 file-empty"),
    _bad("not UTF-8", b"pointsman: 1\nlifecycle: caf\xe9\n", "2:15 not-utf8", says=("0xe9", "Save the file as UTF-8")),
    _bad("UTF-16", GOOD.encode("utf-16"), "1:1 not-utf8"),
    _bad("not UTF-8 after characters of several bytes", "summary: é".encode() + b"\xff\n", "1:11 not-utf8"),
    _bad("half a surrogate pair", "summary: \ud800\n", "1:10 not-utf8"),
    _bad("ten megabytes", b"# " + b"x" * 10_000_000, "1:1 file-too-large", says="larger than 4 MiB"),
    _bad("ten megabytes in lines", GOOD.encode() + b"# x\n" * 2_500_000, "1:1 file-too-large"),
    _bad("a zero byte", _with("order\n", "ord\0er\n"), "2:15 control-character", says="U+0000"),
    _bad("an escape sequence", _with("order\n", "\x1b[31morder\n"), "2:12 control-character", says="U+001B"),
    _bad("a vertical tab", GOOD + "# a\x0bb\n", "15:4 control-character"),
    _bad("a form feed", GOOD + "# a\x0cb\n", "15:4 control-character"),
    _bad("a control character of the second set", GOOD + "# \x9b\n", "15:3 control-character"),
    _bad("a line end of some readers only", GOOD + "# a\x85b\n", "15:4 control-character"),
    _bad("a line separator", GOOD + "# a\u2028b\n", "15:4 control-character"),
    _bad("another direction of writing", GOOD + "# \u202eright\u202c\n", "15:3 control-character"),
    _bad("a byte order mark inside", GOOD + "# \ufeff\n", "15:3 control-character"),
    _bad(
        "two lines with control characters",
        GOOD + "# \x01\n# fine\n# \x02\n",
        "15:3 control-character",
        "17:3 control-character",
    ),
)

YAML = (
    _bad("a tab indents", _with("  open:", "\topen:"), "11:1 tab", says="Indent with blanks"),
    _bad("a tab after blanks", _with("  open:", "  \topen:"), "11:3 tab"),
    _bad("an open bracket", _with("{initial: true}", "{initial: true"), "12:7 yaml-syntax", says="line 11"),
    _bad("an open quote", GOOD + "summary: 'it is\n", "15:10 yaml-syntax", says="quote"),
    _bad("two colons", GOOD + "summary: one: two\n", "15:13 yaml-syntax"),
    _bad("a reserved character", GOOD + "summary: @home\n", "15:10 yaml-syntax"),
    _bad("dedented into nothing", _with("  paid:", " paid:"), "12:2 yaml-syntax"),
    _bad("an unknown version of YAML", "%YAML 3.0\n---\n" + GOOD, "1:1 yaml-syntax"),
    _bad("a template of another language", "{{ spec }}\n", "1:2 key-not-a-word"),
    _bad("a second document", GOOD + "---\n" + GOOD, "15:1 several-documents", says="a file of its own"),
    _bad("a second document that is empty", GOOD + "---\n", "15:1 several-documents"),
    _bad("a key twice", GOOD + "lifecycle: other\n", "15:1 duplicate-key", says="line 2"),
    _bad("a status twice", _with("paid: {terminal", "open: {terminal"), "12:3 duplicate-key", says="line 11"),
    _bad("a key twice in braces", _status("{initial: true, initial: false}"), "11:25 duplicate-key"),
    _bad(
        "keys twice, outside and inside",
        GOOD.replace("open: {initial: true}", "open: {initial: true, initial: true}") + "table: {}\n",
        "11:25 duplicate-key",
        "15:1 duplicate-key",
    ),
    _bad("a list as a key", "? [pointsman, 1]\n: x\n", "1:3 key-not-a-word"),
    _bad("a merge key", _status("{<<: {initial: true}}"), "11:10 merge-key", says="Write the keys out"),
    _bad("a merge key with an alias", "x: &x {a: 1}\n<<: *x\n", "2:1 merge-key"),
    _bad(
        "a Python object",
        GOOD + "summary: !!python/object/apply:os.system ['true']\n",
        "15:10 yaml-tag",
        says="nothing in a spec is evaluated",
    ),
    _bad("a tag of YAML's own", GOOD + "summary: !!str 1\n", "15:10 yaml-tag"),
    _bad("a tag of somebody's own", _with("open:", "!x open:"), "11:3 yaml-tag"),
    _bad(
        "a tag and a key twice",
        GOOD + "summary: !x y\nsummary: z\n",
        "15:10 yaml-tag",
        "16:1 duplicate-key",
    ),
    _bad("a tag before broken YAML", "summary: !x y\nlifecycle: [\n", "1:10 yaml-tag", "2:12 yaml-syntax"),
    _bad("an alias of nothing", GOOD + "summary: *other\n", "15:10 bad-alias", says="not defined"),
    _bad("an alias before its anchor", "a: *x\nb: &x 1\n", "1:4 bad-alias"),
    _bad("a list that holds itself", "a: &a [*a]\n", "1:8 bad-alias", says="contains itself"),
    _bad("a mapping that holds itself", "&a {b: *a}\n", "1:8 bad-alias", says="contains itself"),
    _bad("a bomb of aliases", _bomb(10, 9), "6:55 too-many-nodes", says="1,000,000"),
    _bad("a wide bomb of aliases", _bomb(2000, 3), "2:2505 too-many-nodes"),
    _bad("a deep bomb of aliases", _bomb(2, 60), "18:6 too-many-nodes"),
    _bad("a tower of aliases", _bomb(1, 60), "32:12 too-deep"),
    _bad("ten thousand brackets", "[" * 10_000, "1:33 too-deep", says="32 levels"),
    _bad("ten thousand closed brackets", "[" * 10_000 + "]" * 10_000, "1:33 too-deep"),
    _bad("a hundred mappings in each other", "a: " + "{a: " * 100 + "1" + "}" * 100, "1:128 too-deep"),
    _bad("a thousand levels of blanks", "\n".join(" " * n + "a:" for n in range(1000)), "33:33 too-deep"),
)

STRUCTURE = (
    _bad("a list", "- pointsman: 1\n", "1:1 not-a-mapping"),
    _bad("a word", "pointsman\n", "1:1 not-a-mapping"),
    _bad("null", "---\n~\n", "2:1 not-a-mapping"),
    _bad("an empty document", "---\n...\n", "2:1 not-a-mapping"),
    _bad(
        "nothing but the version",
        "pointsman: 1\n",
        "1:1 missing-key",
        "1:1 missing-key",
        "1:1 missing-key",
        says="`lifecycle`",
    ),
    _bad("the next version", _with("pointsman: 1", "pointsman: 2"), "1:12 wrong-type", says="the number 1, not '2'"),
    _bad("the version as a text", _with("pointsman: 1", "pointsman: '1'"), "1:12 wrong-type"),
    _bad("the version in sixteens", _with("pointsman: 1", "pointsman: 0x1"), "1:12 wrong-type"),
    _bad(
        "a misspelt key",
        _with("transitions:", "transition:"),
        "1:1 missing-key",
        "13:1 unknown-key",
    ),
    _bad("a key of another record", _status("{intial: true}"), "11:10 unknown-key", says=("intial", "'initial'")),
    _bad("a key in capitals", _status("{Initial: true}"), "11:10 unknown-key", says="'initial'"),
    _bad("a key of the language's future", GOOD + "machines: []\n", "15:1 unknown-key"),
    _bad("a transition without from", _with("from: open, ", ""), "14:5 missing-key", says="`from`"),
    _bad("a column without a type", _with("{type: text, nullable: true}", "{nullable: true}"), "7:11 missing-key"),
    _bad(
        "no status",
        _with("  open: {initial: true}\n  paid: {terminal: true}\n", "  {}\n"),
        "11:3 empty",
        "13:12 undeclared-status",
        "13:22 undeclared-status",
    ),
    _bad("statuses as a list", "pointsman: 1\nlifecycle: x\nstatuses: [a, b]\ntransitions: []\n", "3:11 wrong-type"),
    _bad("statuses left empty", "pointsman: 1\nlifecycle: x\nstatuses:\ntransitions: []\n", "3:10 wrong-type"),
    _bad(
        "transitions as a mapping",
        _with("  - {from: open, to: paid, event: pay, by: clerk}", "  open: paid"),
        "14:3 wrong-type",
    ),
    _bad(
        "a transition as a list",
        _with("{from: open, to: paid, event: pay, by: clerk}", "[open, paid]"),
        "14:5 wrong-type",
    ),
    _bad("a status as a word", _status("initial"), "11:9 wrong-type"),
    _bad("a flag as a word", _status("{initial: yes}"), "11:19 wrong-type", says="true or false"),
    _bad("a flag as a number", _status("{initial: 1}"), "11:19 wrong-type"),
    _bad("a flag in quotes", _status('{initial: "true"}'), "11:19 wrong-type"),
    _bad("a type of no database", _with("type: bigint", "type: int"), "6:20 wrong-type", says="bigint"),
    _bad("a mapping where a word must stand", _with("name: orders", "name: {orders: 1}"), "4:9 wrong-type"),
    _bad("a list where a word must stand", _with("name: orders", "name: [orders]"), "4:9 wrong-type"),
    _bad("from nowhere", _with("from: open", "from: []"), "14:12 empty"),
    _bad("the same from twice", _with("from: open", "from: [open, open]"), "14:19 repeated-item"),
    _bad("an unknown kind of actor", _with("clerk: handler", "clerk: handlr"), "9:17 unknown-word", says="'handler'"),
    _bad("a duration without a unit", GOOD + "claims: {by: lock, lease: 10}\n", "15:27 wrong-type", says="10m"),
    _bad("a duration of nothing", GOOD + "claims: {by: lock, lease: 0s}\n", "15:27 wrong-type"),
    _bad("a duration of a thousand years", GOOD + "claims: {by: lock, lease: 365000d}\n", "15:27 wrong-type"),
    _bad("a duration of too many digits", GOOD + f"claims: {{by: lock, lease: {'9' * 400}d}}\n", "15:27 wrong-type"),
    _bad(
        "a limit of nothing",
        GOOD + "queues: {q: {statuses: [open], attempts: {column: amount, limit: 0}}}\n",
        "15:66 wrong-type",
    ),
    _bad(
        "a limit of too many digits",
        GOOD + f"queues: {{q: {{statuses: [open], attempts: {{column: amount, limit: {'1' * 5000}}}}}}}\n",
        "15:66 wrong-type",
    ),
    _bad(
        "an HTTP status that is none",
        _call("[timeout]}", "[{http: 99}]}"),
        "15:88 wrong-type",
    ),
    _bad(
        "an outcome of two kinds",
        _call("[timeout]}", "[timeout], refused: [timeout]}"),
        "15:69 missing-key",
        says="exactly one",
    ),
    _bad(
        "a match of nothing",
        _call("[timeout]}", "[{}]}"),
        "15:81 missing-key",
    ),
    _bad("a check of nothing", GOOD + "check: {}\n", "15:8 missing-key", says="rows, workers, attempts"),
    _bad(
        "a check of more than can be explored",
        GOOD + "check: {rows: 4, workers: 5, attempts: 7}\n",
        "15:15 wrong-type",
        "15:27 wrong-type",
        "15:40 wrong-type",
        says="from 1 to 3",
    ),
    _bad("a property that says nothing", _property("{summary: s}"), "15:17 missing-key", says="exactly one of always"),
    _bad(
        "a property of two kinds",
        _property("{always: {status: open}, never: {status: paid}}"),
        "15:17 missing-key",
        says="exactly one of always, never, leads_to, reachable",
    ),
    _bad("a property as a condition", _property("amount > 0"), "15:17 wrong-type", says="always, never"),
    _bad("a picture of nothing", _property("{never: {}}"), "15:25 missing-key", says="status, where, effects"),
    _bad("a picture of no status", _property("{never: {status: []}}"), "15:34 empty"),
    _bad("a picture of the same status twice", _property("{never: {status: [open, open]}}"), "15:41 repeated-item"),
    _bad("a picture of no effect", _property("{never: {effects: {}}}"), "15:35 empty"),
    _bad("a picture of an unknown key", _property("{never: {then: open}}"), "15:26 unknown-key"),
    _bad("a way without an end", _property("{leads_to: {from: {status: open}}}"), "15:28 missing-key", says="`to`"),
    _bad(
        "a way whose ends are statuses",
        _property("{leads_to: {from: open, to: paid}}"),
        "15:35 wrong-type",
        "15:45 wrong-type",
    ),
)

NAMES = (
    _bad(
        "an unquoted null as a status",
        _with("  open:", "  null:").replace("from: open", "from: null"),
        "11:3 name-not-text",
        "14:12 name-not-text",
        says="or quote it",
    ),
    _bad("a tilde as a status", _with("  open:", "  ~:"), "11:3 name-not-text", "14:12 undeclared-status"),
    _bad(
        "a number as a status",
        _with("  open:", "  1:"),
        "11:3 name-not-text",
        "14:12 undeclared-status",
        says="starts with a letter",
    ),
    _bad("a boolean as a status", _with("  open:", "  true:"), "11:3 name-not-text", "14:12 undeclared-status"),
    _bad("a fraction as an event", _with("event: pay", "event: 1.5"), "14:35 name-not-text"),
    _bad("infinity as an event", _with("event: pay", "event: .inf"), "14:35 name-not-text"),
    _bad("no lifecycle's name", _with("lifecycle: order", "lifecycle:"), "2:11 name-not-text"),
    _bad(
        "a name with a hyphen",
        _with("  paid:", "  all-paid:"),
        "12:3 bad-name",
        "14:22 undeclared-status",
        says="`value:`",
    ),
    _bad("a name with a blank", _with("event: pay", "event: pay all"), "14:35 bad-name"),
    _bad("a name with a line in it", _with("event: pay", 'event: "pay\\n"'), "14:35 bad-name"),
    _bad("a name that begins with an underscore", _with("event: pay", "event: _pay"), "14:35 bad-name"),
    _bad("a name in another script", _with("event: pay", "event: оплата"), "14:35 bad-name"),
    _bad("a quoted number as a name", _with("event: pay", 'event: "1"'), "14:35 bad-name"),
    _bad("an empty name", _with("event: pay", 'event: ""'), "14:35 bad-name"),
    _bad(
        "a name of 64 characters",
        _with("event: pay", f"event: {'p' * 64}"),
        "14:35 name-too-long",
        says=("64 characters", "63"),
    ),
    _bad(
        "a status of 64 characters",
        GOOD.replace("  paid:", f"  {'p' * 64}:").replace("to: paid", f"to: {'p' * 64}"),
        "12:3 name-too-long",
        "14:22 name-too-long",
    ),
    _bad(
        "names that collide",
        _with("  paid: {terminal: true}", "  paid: {terminal: true}\n  PA_ID: {}"),
        "13:3 names-collide",
        says=("PA_ID", "paid"),
    ),
    _bad("actors that collide", _with("{clerk: handler}", "{clerk: handler, cLerk: admin}"), "9:26 names-collide"),
    _bad(
        "two statuses with one stored value",
        _with("paid: {terminal: true}", "paid: {terminal: true, value: open}"),
        "12:33 duplicate-value",
    ),
    _bad("a property with a sentence as its name", GOOD + "properties: {it ends: {}}\n", "15:14 bad-name"),
    _bad("an event named like a step", _with("event: pay", "event: settle"), "14:35 reserved-word"),
    _bad("a column of the system's", _with("    note:", "    ctid:"), "7:5 reserved-word"),
    _bad("the status column twice", _with("    note:", "    status:"), "7:5 status-column-declared"),
)

TEXTS = (
    _bad(
        "a stored value with a line in it",
        _status('{initial: true, value: "a\\nb"}'),
        "11:32 not-printable",
        says="U+000A",
    ),
    _bad("a stored value over two lines", _status("{initial: true, value: |\n    a\n    }"), "11:32 yaml-syntax"),
    _bad(
        "a stored value in a block",
        _status("\n    initial: true\n    value: |\n      a\n      b"),
        "13:12 not-printable",
    ),
    _bad(
        "a stored value with a zero byte",
        _status('{initial: true, value: "a\\0"}'),
        "11:32 not-printable",
        says="U+0000",
    ),
    _bad("a stored value that turns around", _status('{initial: true, value: "\\u202e"}'), "11:32 not-printable"),
    _bad("a stored value without width", _status('{initial: true, value: "a\\u200b"}'), "11:32 not-printable"),
    _bad("an empty stored value", _status('{initial: true, value: ""}'), "11:32 empty"),
    _bad(
        "a stored value of 1,001 characters",
        _status(f"{{initial: true, value: {'v' * 1001}}}"),
        "11:32 text-too-long",
        says="1,001",
    ),
    _bad("an unquoted number as a stored value", _status("{initial: true, value: 1}"), "11:32 wrong-type", says='"1"'),
    _bad("an unquoted null as a stored value", _status("{initial: true, value: null}"), "11:32 wrong-type"),
    _bad("a summary with a bell", GOOD + 'summary: "\\a"\n', "15:10 not-printable", says="U+0007"),
    _bad("a key with an escape sequence", GOOD + '"\\e[31mred": 1\n', "15:1 unknown-key", says="'\\x1b[31mred'"),
    _bad("a request with an open brace", _call("request: r", "request: 'GET /{id'"), "15:35 bad-template"),
    _bad("a request with an expression", _call("request: r", "request: 'GET /{id.x!r}'"), "15:35 bad-template"),
    _bad("a template in a request", _call("request: r", "request: 'GET /{{ 7 * 7 }}'"), "15:35 bad-template"),
    _bad("a condition that calls", _with("check: amount > 0", "check: pg_sleep(9) > 0"), "6:35 bad-condition"),
    _bad(
        "a condition of two statements",
        _with("check: amount > 0", 'check: "amount > 0; drop table orders"'),
        "6:35 bad-condition",
    ),
    _bad("a property that calls", _property('{never: {where: "now() > due"}}'), "15:33 bad-condition"),
    _bad("a condition that is none", _with("check: amount > 0", "check: positive please"), "6:35 bad-condition"),
)

WHOLE = (
    _bad("an unknown status", _with("to: paid", "to: payed"), "14:22 undeclared-status", says="'paid'"),
    _bad("an unknown status in capitals", _with("to: paid", "to: PAID"), "14:22 undeclared-status", says="'paid'"),
    _bad(
        "an unknown status in a list",
        _with("from: open", "from: [open, opne]"),
        "14:19 undeclared-status",
        says="'open'",
    ),
    _bad("an unknown actor", _with("by: clerk", "by: clark"), "14:44 undeclared-actor", says="'clerk'"),
    _bad(
        "an unknown event",
        _call("outcomes:", "webhook: {w: {event: pai}}, outcomes:"),
        "15:79 undeclared-event",
        says="'pay'",
    ),
    _bad("an unknown call", _status("{initial: true, means: {refund: done}}"), "11:33 undeclared-call"),
    _bad("an unknown column", _status("{initial: true, requires: [duo]}"), "11:36 undeclared-column", says="'due'"),
    _bad(
        "an unknown column in a condition",
        _with("check: amount > 0", "check: amuont > 0"),
        "6:35 undeclared-column",
        says="'amount'",
    ),
    _bad(
        "an unknown column in a template",
        _call("request: r", "request: 'GET /{idd}'"),
        "15:35 undeclared-column",
        says="'id'",
    ),
    _bad("a text in a number", _status("{initial: true, on_entry: {amount: lots}}"), "11:44 wrong-setting"),
    _bad("now in a number", _status("{initial: true, on_entry: {amount: now}}"), "11:44 wrong-setting"),
    _bad("null where nothing may be null", _status("{initial: true, on_entry: {amount: null}}"), "11:44 wrong-setting"),
    _bad("a default of another kind", _with("default: now", "default: 7"), "8:55 wrong-setting"),
    _bad("a quoted now", _with("default: now", "default: 'now'"), "8:55 wrong-setting", says="without quotes"),
    _bad("a day that a database would read once", _with("default: now", "default: today"), "8:55 wrong-setting"),
    _bad(
        "a number too large for its column",
        _with("type: bigint", "type: smallint, default: 70000"),
        "6:39 wrong-setting",
    ),
    _bad(
        "a text too long for its column",
        _with("{type: text,", "{type: varchar(3), default: four,"),
        "7:39 wrong-setting",
    ),
    _bad(
        "a due column without a time",
        GOOD + "queues: {q: {statuses: [open], due: amount}}\n",
        "15:37 wrong-column-type",
    ),
    _bad("a number compared with a text", _with("check: amount > 0", "check: amount = '0'"), "6:35 condition-types"),
    _bad(
        "an unknown status, column and call in a property",
        _property("{never: {status: payd, where: amuont = 0, effects: {refund: done}}}"),
        "15:34 undeclared-status",
        "15:47 undeclared-column",
        "15:69 undeclared-call",
        says="'paid'",
    ),
    _bad(
        "a number compared with a text in a property",
        _property("{always: {where: amount = '0'}}"),
        "15:34 condition-types",
    ),
    _bad(
        "numbers compared with texts at both ends of a way",
        _property("{leads_to: {from: {where: amount = '0'}, to: {status: paid, where: amount = '1'}}}"),
        "15:43 condition-types",
        "15:84 condition-types",
    ),
    _bad(
        "six mistakes of six kinds in one run",
        _with("pointsman: 1", "pointsman: 2")
        .replace("type: text", "type: txt")
        .replace("clerk: handler", "clerk: handlr")
        .replace("initial: true", "intial: true")
        .replace("to: paid", "to: payed")
        .replace("event: pay", "event: 1"),
        "1:12 wrong-type",
        "7:18 wrong-type",
        "9:17 unknown-word",
        "11:10 unknown-key",
        "14:22 undeclared-status",
        "14:36 name-not-text",
    ),
)

ALL = (*FILES, *YAML, *STRUCTURE, *NAMES, *TEXTS, *WHOLE)
