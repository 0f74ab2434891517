"""A door behind the protocol that keeps its rows itself, in memory: ``door_adapter.py [WAY]``.

It knows no database. `WAY` is what it does wrong: ``forgets`` to tell of its writes, ``lies`` about what was there
before, ``reopens`` locked doors, or ``begins_locked`` whatever the kit asked for.
"""

import json
import sys
import time
from typing import Any

WAY = sys.argv[1] if len(sys.argv) > 1 else ""
MOVES = {
    ("open", "pushed"): "closing",
    ("closing", "pushed"): "closing",
    ("closing", "held"): "open",
    ("open", "key_turned"): "locked",
    ("closing", "key_turned"): "locked",
}


class Door:
    """Rows, their clock, and the writes that are not yet reported to the kit."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.writes: list[dict[str, Any]] = []
        self.began = time.monotonic()

    def put(self, row: str, new: dict[str, Any]) -> None:
        """A version of a row."""
        at = time.monotonic() - self.began
        old = self.rows.get(row)
        if WAY == "lies" and old is not None:
            old = {**old, "status": "locked"}
        self.writes.append({"row": row, "old": old, "new": new, "at": at})
        self.rows[row] = new

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer, without its number."""
        match message["cmd"]:
            case "start":
                capabilities = ["events", "moves", "crashes", "observes"]
                who = {"name": "door", "language": "python"}
                return {"version": 1, "implementation": who, "roles": ["porter"], "capabilities": capabilities}
            case "reset":
                self.__init__()  # type: ignore[misc]  # everything is as new
            case "create":
                status = "locked" if WAY == "begins_locked" else message["status"]
                self.put(message["row"], {"id": int(message["row"]), "status": status, **message["columns"]})
            case "event":
                return {"answer": self.happen(message["row"], message["event"])}
            case "move":
                return {"answer": "refused", "message": "only events move a door"}
            case "work":
                return {"answer": "skipped", "message": "nothing to do"}
            case "advance":
                self.began -= message["seconds"]
            case "observe":
                told, self.writes = self.writes, []
                return {"answer": "applied", "writes": [] if WAY == "forgets" else told}
        return {"answer": "applied"}

    def happen(self, row: str, event: str) -> str:
        """An event."""
        found = self.rows.get(row)
        if found is None:
            return "ignored"
        target = MOVES.get((found["status"], event))
        if WAY == "reopens" and event == "held":
            target = "open"
        if target is None:
            return "ignored"
        self.put(row, {**found, "status": target})
        return "applied"


def main() -> None:
    """Answer until told to stop."""
    door = Door()
    for line in sys.stdin:
        message = json.loads(line)
        sys.stdout.write(json.dumps({"seq": message["seq"], **door.answer(message)}) + "\n")
        sys.stdout.flush()
        if message["cmd"] == "stop":
            return


if __name__ == "__main__":
    main()
