"""Writes a breadth-first search in C for one system, from what `pointsman export --to json` says of it.

The program is what one would write by hand for this system alone: a state is a
few machine words, each variable has its bits in one of them, each command is an
`if`, and a hash table with open addressing has the index of each state. It judges
no property and prints the numbers of states and transitions: a measure of what
exploring costs at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = 64

_SEARCH = """
static State *states;
static uint32_t *table;
static uint64_t count, room, places;

static inline uint64_t place_of(const State *state) {
  uint64_t mixed = 0;
  for (int at = 0; at < WORDS; at++) {
    mixed = (mixed ^ state->word[at]) * 0x9E3779B97F4A7C15ull;
    mixed ^= mixed >> 32;
  }
  return mixed & (places - 1);
}

static void *got(void *memory) {
  if (!memory) { fputs("out of memory\\n", stderr); exit(1); }
  return memory;
}

static void make_room(void) {
  places *= 2;
  room = places / 2;
  free(table);
  table = got(calloc(places, sizeof *table));
  states = got(realloc(states, room * sizeof *states));
  for (uint64_t at = 0; at < count; at++) {
    uint64_t place = place_of(states + at);
    while (table[place]) place = (place + 1) & (places - 1);
    table[place] = at + 1;
  }
}

static inline void add(const State *state) {
  uint64_t place = place_of(state);
  while (table[place]) {
    if (!memcmp(states + table[place] - 1, state, sizeof *state)) return;
    place = (place + 1) & (places - 1);
  }
  states[count] = *state;
  table[place] = ++count;
  if (count == room) make_room();
}

int main(void) {
  places = 1 << 16;
  make_room();
  State first = initial();
  add(&first);
  for (uint64_t at = 0; at < count; at++) expand(states[at]);
  printf("%llu states %llu transitions\\n", (unsigned long long)count, (unsigned long long)transitions);
  return 0;
}
"""


@dataclass(frozen=True, slots=True)
class _Bits:
    """The bits of a variable in a state: which word, from which bit on, how many."""

    word: int
    shift: int
    mask: int


def program(system: Mapping[str, Any]) -> str:
    """The text of the program; `system` is the exported object."""
    variables: Sequence[Mapping[str, Any]] = system["variables"]
    bits = _bits(variables)
    words = 1 + max(each.word for each in bits.values())
    head = ["stdint", "stdio", "stdlib", "string"]
    lines = [f"#include <{name}.h>" for name in head]
    lines += ["", f"#define WORDS {words}", "typedef struct { uint64_t word[WORDS]; } State;", ""]
    lines += ["static inline void add(const State *state);", "static uint64_t transitions;", ""]
    lines += ["static State initial(void) {", "  State next = {{0}};"]
    lines += [f"  {_set(bits[each['name']], str(each['initial']))}" for each in variables]
    lines += ["  return next;", "}", "", "static inline void expand(const State state) {", "  State next;"]
    for action in system["actions"]:
        updates = [_set(bits[name], _expression(value, bits)) for name, value in action["updates"].items()]
        lines.append(f"  if ({_expression(action['guard'], bits)}) {{")
        lines.append(f"    next = state; {' '.join(updates)} transitions++; add(&next);")
        lines.append("  }")
    lines.append("}")
    return "\n".join(lines) + _SEARCH


def _bits(variables: Sequence[Mapping[str, Any]]) -> dict[str, _Bits]:
    found: dict[str, _Bits] = {}
    word = shift = 0
    for each in variables:
        width = max(1, (len(each["values"]) - 1).bit_length())
        if shift + width > _WORD:
            word, shift = word + 1, 0
        found[each["name"]] = _Bits(word, shift, (1 << width) - 1)
        shift += width
    return found


def _set(bits: _Bits, value: str) -> str:
    """An assignment to a variable of the next state."""
    word = f"next.word[{bits.word}]"
    return f"{word} = ({word} & ~({bits.mask}ull << {bits.shift})) | ((uint64_t)({value}) << {bits.shift});"


def _expression(of: Mapping[str, Any], bits: Mapping[str, _Bits]) -> str:
    """An exported expression in C, over the variables of `state`."""
    kind, inner = next(iter(of.items()))
    if kind == "const":
        return str(int(inner))
    if kind == "var":
        place = bits[inner]
        return f"(int)(state.word[{place.word}] >> {place.shift} & {place.mask}u)"
    if kind == "if":
        condition, then, otherwise = (_expression(part, bits) for part in (inner, of["then"], of["else"]))
        return f"({condition} ? {then} : {otherwise})"
    if kind == "not":
        return f"!({_expression(inner, bits)})"
    if kind in ("all", "some"):
        sign, empty = ("&&", "1") if kind == "all" else ("||", "0")
        return f"({f' {sign} '.join(_expression(part, bits) for part in inner) or empty})"
    sign = {"equal": "==", "less": "<", "plus": "+"}[kind]
    left, right = (_expression(part, bits) for part in inner)
    return f"({left} {sign} {right})"
