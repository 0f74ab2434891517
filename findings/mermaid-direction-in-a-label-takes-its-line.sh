#!/usr/bin/env bash
# Mermaid reads a line of a state diagram that holds "direction TB" anywhere as that statement, and drops the rest.
#
# Version:  mermaid 12.3.0 with dompurify 3.5.0, on Node. The page's sanitizer is replaced by a function that changes
#           nothing, so that the diagram can be parsed without a browser.
# Expected: "direction TB" is a statement where it stands alone. In the label of an arrow or the quoted text of a
#           state it is text, as every other word of the language is there.
# Seen:     The line is gone, without an error: the arrow, or the text of the state. The same holds for BT, LR and
#           RL, in capitals or not. A numbered entity for the blank (direction#32;TB) keeps the line.
# Meaning:  A status whose stored value holds the words, or a transition whose condition does, lost its text or its
#           arrow in the generated diagram. Pointsman writes the entity, and tests/unit/rendering holds it to that.
set -euo pipefail

not_run() {
    echo "not run: $1" >&2
    exit 77
}
command -v node >/dev/null || not_run "node is missing"
command -v npm >/dev/null || not_run "npm is missing"

temp=$(mktemp -d)
clean_up() {
    cd /
    rm -rf "$temp"
}
trap clean_up EXIT
cd "$temp"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$temp" \
    mermaid@12.3.0 dompurify@3.5.0 || not_run "the packages could not be installed"

# The states with their texts, and the arrows with their labels, as Mermaid's own parser finds them.
seen() {
    cat >"$temp/seen.mjs" <<'JAVASCRIPT'
import DOMPurify from 'dompurify';

DOMPurify.addHook = () => {};
DOMPurify.sanitize = (text) => text;
const { default: mermaid } = await import('mermaid');
mermaid.initialize({ startOnLoad: false });

async function show(title, ...lines) {
  const text = ['stateDiagram-v2', ...lines, ''].join('\n');
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const states = [...db.getStates().values()].map((each) => `${each.id}${each.descriptions?.length ? '+text' : ''}`);
  const arrows = db.getRelations().map((each) => `${each.id1}-${each.id2}`);
  console.log(`${title}: states ${states.join(' ')}; arrows ${arrows.join(' ')}`);
}

await show('a label of other words', 'a --> b : end of state note', 'b --> c : ok');
for (const words of ['direction TB', 'in direction lr, later', 'direction#32;TB']) {
  await show(`a label with "${words}"`, `a --> b : ${words}`, 'b --> c : ok');
}
await show('a text of other words', 'state "the end" as a', 'a --> b : ok');
for (const words of ['direction TB', 'direction#32;TB']) {
  await show(`a text with "${words}"`, `state "${words}" as a`, 'a --> b : ok');
}
JAVASCRIPT
    node "$temp/seen.mjs"
}

expected="a label of other words: states a b c; arrows a-b b-c
a label with \"direction TB\": states b c; arrows b-c
a label with \"in direction lr, later\": states b c; arrows b-c
a label with \"direction#32;TB\": states a b c; arrows a-b b-c
a text of other words: states a+text b; arrows a-b
a text with \"direction TB\": states a b; arrows a-b
a text with \"direction#32;TB\": states a+text b; arrows a-b"

found=$(seen)
if [ "$found" != "$expected" ]; then
    printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$found"
    exit 1
fi
echo "as recorded: a label with \"direction TB\" takes its line out of the diagram"
