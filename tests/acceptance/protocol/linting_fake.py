"""An implementation that does nothing, and holds the kit to its own published schema: a process on a pipe.

Whatever does not fit the schema, or comes out of order, is answered with *errored* and
ends the process, so that the test fails.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
ROLES = sys.argv[2].split(",")
CAPABILITIES = [each for each in sys.argv[3].split(",") if each]
NEEDS = {"event": "events", "hook": "hooks", "move": "moves", "crash": "crashes"} | dict.fromkeys(
    ("create", "observe", "advance"), "observes"
)


def wrong(message: dict[str, object], expected: int) -> str | None:  # noqa: PLR0911 - one mistake after the other
    """What is wrong with a message, None if nothing."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{message.get('cmd')}", "$defs": SCHEMA["$defs"]})
    if message.get("cmd") not in SCHEMA["$defs"]:
        return f"no such message: {message}"
    for problem in validator.iter_errors(message):
        return f"{problem.json_path}: {problem.message}"
    if message["seq"] != expected:
        return f"message {message['seq']} instead of {expected}"
    if (expected == 1) != (message["cmd"] == "start"):
        return f"{message['cmd']} as message {expected}"
    if (needed := NEEDS.get(str(message["cmd"]))) and needed not in CAPABILITIES:
        return f"{message['cmd']} without the capability {needed}"
    if message.get("actor", ROLES[0]) not in ROLES:
        return f"{message['cmd']} for {message['actor']}, whose role this is not"
    return None


def answer(message: dict[str, object]) -> dict[str, object]:
    """What to say to a good message."""
    match message["cmd"]:
        case "start":
            return {
                "version": 1,
                "implementation": {"name": "linting fake", "language": "python"},
                "roles": ROLES,
                "capabilities": CAPABILITIES,
            }
        case "observe":
            return {"answer": "applied", "writes": []}
        case "work" | "event" | "hook" | "move":
            return {"answer": "ignored"}
        case _:
            return {"answer": "applied"}


def main() -> None:
    """Answer until the end of the input."""
    for number, line in enumerate(sys.stdin, 1):
        message = json.loads(line)
        problem = wrong(message, number)
        said = {"answer": "errored", "message": problem} if problem else answer(message)
        sys.stdout.write(json.dumps({"seq": message.get("seq"), **said}) + "\n")
        sys.stdout.flush()
        if problem:
            sys.exit(f"the kit said something malformed: {problem}")
        if message["cmd"] == "stop":
            return


if __name__ == "__main__":
    main()
