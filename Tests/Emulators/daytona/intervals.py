"""What happens to sandboxes unasked: automatic pause, stop, archive and deletion, and the end of a life."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daytona import state
from daytona.sandbox import Sandbox

if TYPE_CHECKING:
    from daytona.registry import Registry

MINUTE = 60.0


def watch(registry: "Registry", sandbox: Sandbox) -> None:
    """Begins to watch one, until it is destroyed."""
    task = asyncio.ensure_future(_watch(registry, sandbox))
    _watchers.add(task)
    task.add_done_callback(_watchers.discard)


# Held, so that none is collected while it runs.
_watchers: set[asyncio.Task[None]] = set()


async def _watch(registry: "Registry", sandbox: Sandbox) -> None:
    clock = sandbox.ground.clock
    while sandbox.state != state.DESTROYED:
        sandbox.changes.clear()
        due = _due(registry, sandbox)
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(sandbox.changes.wait())}
        if due:
            waits.add(asyncio.ensure_future(clock.sleep(due[0] - clock.monotonic())))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        # Looked at anew: it may have been used meanwhile.
        due = _due(registry, sandbox)
        if due and due[0] <= clock.monotonic():
            due[1]()


def _due(registry: "Registry", sandbox: Sandbox) -> tuple[float, Callable[[], None]] | None:
    """The first of what will happen if nobody does anything."""
    if sandbox.pending:
        return None
    given = sandbox.settings
    coming: list[tuple[float, Callable[[], None]]] = []
    if sandbox.destroy_at is not None:
        coming.append((sandbox.destroy_at, lambda: registry.destroy(sandbox)))
    if sandbox.state == state.STARTED and not sandbox.uses:
        if given.stop_after > 0:
            coming.append((sandbox.active + given.stop_after * MINUTE, lambda: registry.stop(sandbox)))
        if given.pause_after > 0 and sandbox.kind == state.VIRTUAL_MACHINE:
            coming.append((sandbox.active + given.pause_after * MINUTE, lambda: registry.pause(sandbox)))
    if sandbox.state == state.STOPPED and given.archive_after > 0:
        coming.append((sandbox.changed_at + given.archive_after * MINUTE, lambda: registry.archive(sandbox)))
    if sandbox.state in (state.STOPPED, state.ARCHIVED) and given.delete_after > 0:
        coming.append((sandbox.changed_at + given.delete_after * MINUTE, lambda: registry.destroy(sandbox)))
    return min(coming, key=lambda each: each[0], default=None)
