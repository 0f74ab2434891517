"""A process that has imported the whole command line and forks a ready process for each run that is asked of it.

`tests.forked` starts this file and is its only client. A request and its answers travel over one socket, each as its
length in four bytes and then JSON; the three standard streams come along with the request. Standard library only
until a server is asked for.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import socket
import struct
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

LENGTH = struct.Struct("!I")
PACKAGES = ("pointsman", "pointsman_conformance.verbs")
"""What is imported before the first fork: these packages with every module in them."""


def send(channel: socket.socket, message: object, descriptors: Sequence[int] = ()) -> None:
    """Send one message, and `descriptors` beside its first byte."""
    text = json.dumps(message).encode()
    framed = LENGTH.pack(len(text)) + text
    if descriptors:
        socket.send_fds(channel, [framed[:1]], descriptors)
        framed = framed[1:]
    channel.sendall(framed)


def receive(channel: socket.socket, count: int = 0) -> tuple[Any, list[int]]:
    """The next message and `count` descriptors; None as the message when the other side has gone."""
    first, descriptors, _, _ = socket.recv_fds(channel, 1, count)
    if not first:
        return None, []
    (length,) = LENGTH.unpack(first + _exactly(channel, LENGTH.size - 1))
    return json.loads(_exactly(channel, length)), list(descriptors)


def _exactly(channel: socket.socket, length: int) -> bytes:
    read = b""
    while len(read) < length:
        part = channel.recv(length - len(read))
        if not part:
            raise EOFError("the other side closed the socket within a message")
        read += part
    return read


def _serve(channel: socket.socket) -> None:
    """Fork a process for each request; send its number, and when it has ended, how."""
    while True:
        request, streams = receive(channel, 3)
        if request is None:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: no thread was started here
            child = os.fork()
        if child == 0:
            channel.close()
            _become(request, streams)
        for descriptor in streams:
            os.close(descriptor)
        send(channel, child)
        _, status = os.waitpid(child, 0)
        send(channel, os.waitstatus_to_exitcode(status))


def _become(request: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Run `python -m MODULE WORDS` in this process, from here to its end."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = _reopened(sys.stdin), _reopened(sys.stdout), _reopened(sys.stderr)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as the interpreter itself does for -m
    sys.argv = ["-m", *request["words"]]
    os._exit(_finished(_exit_code(request["module"])))


def _reopened(stream: TextIO) -> TextIO:
    """A stream like this one on the same number, which stands for another file now."""
    number = stream.fileno()
    if number == 0:
        return open(0, encoding=stream.encoding, errors=stream.errors, closefd=False)
    return io.TextIOWrapper(
        open(number, "wb", closefd=False),
        stream.encoding,
        stream.errors,
        line_buffering=os.isatty(number) or number == 2,
        write_through=bool(os.environ.get("PYTHONUNBUFFERED")),
    )


def _exit_code(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return (leaving.code or 0) & 0xFF
        print(leaving.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
        return 1
    except BaseException:  # noqa: BLE001 - whatever it is, the interpreter would print it
        traceback.print_exc()
        return 1
    return 0


def _finished(code: int) -> int:
    """What the interpreter does before it ends: wait for threads, run what was registered, flush the streams."""
    threading._shutdown()  # type: ignore[attr-defined]  # the interpreter's own name for it
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        return 120  # the interpreter's code for it
    return code


def _import_everything() -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a thread would not live on in what is forked
    for name in PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith(".__main__"):
                importlib.import_module(found.name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, which `python -m` would not have
    _import_everything()
    _serve(socket.socket(fileno=int(sys.argv[1])))
