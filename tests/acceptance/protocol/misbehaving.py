"""Processes on a pipe that do not do what the protocol asks, one way each: ``misbehaving.py WAY``."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

WAY = sys.argv[1]
PLACE = sys.argv[2] if len(sys.argv) > 2 else ""
ROLE = sys.argv[3] if len(sys.argv) > 3 else "worker"
HELLO = {"version": 1, "implementation": {"name": WAY}, "roles": [ROLE], "capabilities": []}


def say(words: dict[str, Any]) -> None:
    """A line of JSON."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def begin() -> None:
    """What goes wrong before the first message."""
    match WAY:
        case "crashes on start":
            sys.exit("no configuration")
        case "talks first":
            sys.stdout.write("ready.\n")
            sys.stdout.flush()
        case "ignores SIGTERM":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "forks" | "leaves its family":
            command = [sys.executable, "-c", "import time; time.sleep(600)"]
            child = subprocess.Popen(command, start_new_session=WAY == "leaves its family")
            with open(PLACE, "w", encoding="utf-8") as file:  # noqa: PTH123 - no import that costs time
                file.write(str(child.pid))


def work(seq: int) -> None:  # noqa: C901, PLR0912 - one case per way
    """What goes wrong at a turn of work."""
    match WAY:
        case "hangs on work":
            time.sleep(600)
        case "is killed":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "ends":
            sys.stderr.write("out of cheese\n")
            sys.exit(3)
        case "no JSON":
            sys.stdout.write("Traceback (most recent call last):\n")
            sys.stdout.flush()
        case "not UTF-8":
            sys.stdout.buffer.write(b"\xff\xfe\n")
            sys.stdout.flush()
        case "an old answer":
            say({"seq": seq - 1, "answer": "applied"})
        case "no number":
            say({"answer": "applied"})
        case "an unknown word":
            say({"seq": seq, "answer": "done"})
        case "an unknown field":
            say({"seq": seq, "answer": "applied", "state": "reversed"})
        case "answers twice":
            say({"seq": seq, "answer": "applied"})
            say({"seq": seq, "answer": "applied"})
        case "half a line":
            sys.stdout.write('{"seq": 3, "ans')
            sys.stdout.flush()
            os.close(1)
            time.sleep(600)
        case "floods stdout":
            while True:
                sys.stdout.write("x" * 65536)
        case "floods stderr":
            for _ in range(400):
                sys.stderr.write("y" * 65536)
            say({"seq": seq, "answer": "applied"})
        case "infinity":
            sys.stdout.write(f'{{"seq": {seq}, "answer": "applied", "message": 1e999}}\n')
            sys.stdout.flush()
        case _:
            say({"seq": seq, "answer": "applied"})


def main() -> None:
    """Answer well but for the one way."""
    begin()
    while True:
        line = sys.stdin.readline()
        if not line:
            break
        message = json.loads(line)
        match message["cmd"]:
            case "start" if WAY == "wants another version":
                say({"seq": message["seq"], **HELLO, "version": 2})
            case "start" if WAY == "refuses to start":
                say({"seq": message["seq"], "answer": "errored", "message": "that spec is not mine"})
            case "start":
                say({"seq": message["seq"], **HELLO})
            case "work":
                work(message["seq"])
            case "stop" if WAY == "ignores SIGTERM":
                continue
            case _:
                say({"seq": message["seq"], "answer": "applied"})
    if WAY == "ignores SIGTERM":
        time.sleep(600)


if __name__ == "__main__":
    main()
