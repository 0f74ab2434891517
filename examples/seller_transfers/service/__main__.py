"""Runs parts of the service until it is told to stop.

python -m service transfer_worker | retry_worker | reversal_worker | web | all ...
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable

import psycopg

from service.database import connect
from service.rules import QUEUES, Queue
from service.settings import Settings
from service.stripe_calls import calls
from service.transfers import Transfers
from service.web import App, server
from service.worker import Worker

log = logging.getLogger("service")

AFTER_A_FAILURE = 0.5
"""Seconds until a part whose database is gone tries again."""

Part = Callable[[Settings, threading.Event], Callable[[], None]]
"""Prepares a part and returns the function that runs it until the event is set."""


def keep_working(settings: Settings, stop: threading.Event, work: Callable[[Transfers], bool]) -> None:
    """Call `work` until `stop` is set: at once while it returns True, else after a pause. Survives a lost database."""
    while not stop.is_set():
        try:
            with connect(settings.database_url) as connection:
                transfers = Transfers(connection)
                while not stop.is_set():
                    if not work(transfers):
                        stop.wait(settings.poll)
        except psycopg.Error as problem:
            log.warning("database: %s", problem)
        except Exception:
            log.exception("a round ended in the middle")
        stop.wait(AFTER_A_FAILURE)


def queue_part(queue: Queue) -> Part:
    """The worker of this queue."""

    def prepare(settings: Settings, stop: threading.Event) -> Callable[[], None]:
        call = calls(settings)[queue.call]
        return lambda: keep_working(settings, stop, lambda transfers: Worker(queue, call, transfers).work())

    return prepare


def web_part(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The HTTP server. It listens from the start, so that no connection is refused once the service is ready."""
    web = server(App(settings, calls(settings)))

    def run() -> None:
        with web:
            threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
            stop.wait()
            web.shutdown()

    return run


def sweep_part(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """Applies refunds that came before their transfer was made."""
    return lambda: keep_working(settings, stop, lambda transfers: transfers.sweep() > 0)


PARTS: dict[str, tuple[Part, ...]] = {
    **{queue.worker: (queue_part(queue),) for queue in QUEUES},
    "web": (web_part, sweep_part),
}


def main() -> None:
    """Read the command line, start a thread for each part, and wait for a signal."""
    parser = argparse.ArgumentParser(prog="service", description="The seller transfer service.")
    parser.add_argument("part", nargs="+", choices=[*PARTS, "all"])
    names = parser.parse_args().part
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("stripe").setLevel(logging.WARNING)
    try:
        settings = Settings.read()
    except (KeyError, ValueError) as problem:
        parser.error(f"the environment is not complete: {problem}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts = [part(settings, stop) for name in (PARTS if "all" in names else names) for part in PARTS[name]]
    threads = [threading.Thread(target=part) for part in parts]
    for thread in threads:
        thread.start()
    log.info("ready: %s", " ".join(names))
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
