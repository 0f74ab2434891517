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
from service.rules import QUEUES
from service.settings import Settings
from service.stripe_calls import calls
from service.transfers import Transfers
from service.web import App, server
from service.worker import Worker

log = logging.getLogger("service")

AFTER_A_FAILURE = 0.5
"""Seconds until a part whose database is gone tries again."""

Part = Callable[[Settings, threading.Event], None]


def keep_working(settings: Settings, stop: threading.Event, work: Callable[[Transfers], bool]) -> None:
    """Work until told to stop: at once as long as there is work, else after a while. Survives its database."""
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


def run_queue(name: str) -> Part:
    """The worker of this queue."""
    queue = next(queue for queue in QUEUES if queue.worker == name)

    def run(settings: Settings, stop: threading.Event) -> None:
        call = calls(settings)[queue.call]
        keep_working(settings, stop, lambda transfers: Worker(queue, call, transfers).work())

    return run


def run_web(settings: Settings, stop: threading.Event) -> None:
    """The HTTP side."""
    with server(App(settings, calls(settings))) as web:
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        log.info("listening on port %s", settings.webhook_port)
        stop.wait()
        web.shutdown()


def run_sweep(settings: Settings, stop: threading.Event) -> None:
    """Refunds that came early."""
    keep_working(settings, stop, lambda transfers: transfers.sweep() > 0)


PARTS: dict[str, tuple[Part, ...]] = {
    **{queue.worker: (run_queue(queue.worker),) for queue in QUEUES},
    "web": (run_web, run_sweep),
}


def main() -> None:
    """Read the command line, start a thread for each part, and wait for a signal."""
    parser = argparse.ArgumentParser(prog="service", description="The seller transfer service.")
    parser.add_argument("part", nargs="+", choices=[*PARTS, "all"])
    names = parser.parse_args().part
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("stripe").setLevel(logging.WARNING)
    settings, stop = Settings.read(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts = [part for name in (PARTS if "all" in names else names) for part in PARTS[name]]
    threads = [threading.Thread(target=part, args=(settings, stop)) for part in parts]
    for thread in threads:
        thread.start()
    log.info("ready: %s", " ".join(names))
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
