"""Running an emulator: its command line, its address, its end."""

import argparse
import asyncio
import os
import signal
import sys

from aiohttp import web

from cloud.clock import Clock
from cloud.control import Control
from cloud.delays import Delays
from cloud.emulator import Emulator, Ground
from cloud.handling import Handling
from cloud.machine import Containment, Machines

# As Go has it: commands with long arguments come as queries.
LONGEST_HEAD = 1 << 20


def main(kind: type[Emulator], arguments: list[str]) -> int:
    """Parses the command line and serves until the end."""
    parser = argparse.ArgumentParser(prog=kind.__module__.partition(".")[0], description=kind.__doc__)
    parser.add_argument("--token", action="append", required=True, help="a token that is accepted; may be repeated")
    parser.add_argument("--account", action="append", default=[], metavar="TOKEN=NAME",
                        help="a token of another account of that name; may be repeated")
    parser.add_argument("--port", type=int, default=0, help="0 for any that is free")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with standard input")
    parser.add_argument("--unboxed", action="store_true", help="run programs without bubblewrap, even if it works")
    names = ", ".join(f"{name}={seconds:g}" for name, seconds in sorted(kind.delays.items()))
    parser.add_argument("--delay", action="append", default=[], help=f"NAME=SECONDS, or SECONDS for all ({names})")
    kind.add_options(parser)
    options = parser.parse_args(arguments)
    # Machines have users of their own, who have to get at what is made for them, whoever starts us.
    os.umask(0o022)
    clock = Clock()
    try:
        delays = Delays(clock, kind.delays, options.delay)
    except ValueError as error:
        parser.error(str(error))
    return asyncio.run(_serve(kind, options, clock, delays))


async def _serve(kind: type[Emulator], options: argparse.Namespace, clock: Clock, delays: Delays) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if options.until_stdin_ends:
        _watch_stdin(ended)
    machines = Machines(Containment(False) if options.unboxed else None)
    emulator = kind(Ground(options, clock, delays, machines))
    handling = Handling(emulator)
    loop.set_exception_handler(handling.note)
    application = web.Application(middlewares=[handling.middleware], client_max_size=1 << 40)
    application.on_response_prepare.append(handling.late)
    Control(handling).add_routes(application.router)
    emulator.add_routes(application.router)
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.2, keepalive_timeout=75,
        max_line_size=LONGEST_HEAD, max_field_size=LONGEST_HEAD,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", options.port, backlog=1024)
        await site.start()
        emulator.ground.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await emulator.open()
        print(f"listening on {emulator.ground.base_url}", flush=True)
        await ended.wait()
    finally:
        await runner.cleanup()
        await emulator.close()
        await machines.close()
    return 0


def _watch_stdin(ended: asyncio.Event) -> None:
    """Sets the event at the end of standard input; what comes before is of no interest."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        try:
            data = os.read(0, 4096)
        except BlockingIOError:
            return
        if not data:
            loop.remove_reader(0)
            ended.set()

    try:
        loop.add_reader(0, readable)
    except PermissionError:
        # A regular file or /dev/null: it has no end that one could wait for.
        print("standard input cannot be awaited", file=sys.stderr)
        ended.set()
