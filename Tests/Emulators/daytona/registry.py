"""All sandboxes of the organization, found by id or by name."""

from aiohttp import web

from cloud.emulator import Ground
from daytona import state
from daytona.intervals import watch
from daytona.refusals import changing, invalid, no_sandbox, refusal
from daytona.sandbox import ORGANIZATION, Sandbox


class Registry:
    """Names are unique among those that are not being destroyed."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._sandboxes: dict[str, Sandbox] = {}

    @property
    def all(self) -> list[Sandbox]:
        """Those that can be seen, newest first."""
        return list(reversed(self._sandboxes.values()))

    def get(self, known: str) -> Sandbox | None:
        """The one with that id or name."""
        if known in self._sandboxes:
            return self._sandboxes[known]
        return next((each for each in self._sandboxes.values() if each.name == known), None)

    def find(self, request: web.Request) -> Sandbox:
        """The one that a path names."""
        known = request.match_info["sandbox"]
        sandbox = self.get(known)
        if sandbox is None or sandbox.organization != self.organization(request):
            raise no_sandbox(known)
        return sandbox

    def organization(self, request: web.Request) -> str:
        """Whose sandboxes a request sees."""
        return self.ground.account(request) or ORGANIZATION

    def seen(self, request: web.Request) -> list[Sandbox]:
        """Those of its organization, newest first."""
        return [each for each in self.all if each.organization == self.organization(request)]

    def add(self, sandbox: Sandbox) -> None:
        """Lets it be seen, and lets its intervals act."""
        self._sandboxes[sandbox.id] = sandbox
        watch(self, sandbox)

    def claim(self, name: str | None) -> None:
        """Raises if another one has the name."""
        if name and self.get(name):
            raise refusal(409, f"Sandbox with name {name} already exists")

    def destroy(self, sandbox: Sandbox) -> None:
        """Begins to; its name is free at once."""
        if sandbox.pending and sandbox.state != state.PENDING_BUILD:
            raise changing()
        if any(each.parent == sandbox.id and each.desired != state.DESTROYED for each in self.all):
            raise invalid("Cannot delete sandbox which has active fork children. The forks must be deleted first.")

        async def work() -> None:
            await self.ground.delays.wait("delete")
            await sandbox.halt()
            await self.ground.machines.remove(sandbox.machine)
            self._sandboxes.pop(sandbox.id, None)

        sandbox.name = f"DESTROYED_{sandbox.name}_{int(sandbox.ground.clock.now().timestamp() * 1000)}"
        sandbox.change(state.DESTROYING, state.DESTROYED, work)
        for follower in self.all:
            if follower.settings.linked == sandbox.id and not follower.pending:
                self.destroy(follower)

    def stop(self, sandbox: Sandbox) -> None:
        """Begins to; what is ephemeral is destroyed instead."""
        if sandbox.settings.ephemeral:
            self.destroy(sandbox)
            return

        async def work() -> None:
            await self.ground.delays.wait("stop")
            await sandbox.halt()
            sandbox.fail_if_asked("stop")

        sandbox.change(state.STOPPING, state.STOPPED, work)

    def pause(self, sandbox: Sandbox) -> None:
        """Begins to; the processes keep their memory."""

        async def work() -> None:
            await self.ground.delays.wait("pause")
            sandbox.running = False
            await sandbox.machine.freeze()

        sandbox.change(state.PAUSING, state.PAUSED, work)

    def archive(self, sandbox: Sandbox) -> None:
        """Begins to move the disk away."""

        async def work() -> None:
            await self.ground.delays.wait("archive")
            sandbox.fail_if_asked("archive")
            sandbox.backup = "Completed"

        sandbox.change(state.ARCHIVING, state.ARCHIVED, work)

    async def vanish(self, sandbox: Sandbox) -> None:
        """The provider takes it away, without any state in between."""
        if self._sandboxes.pop(sandbox.id, None):
            await sandbox.vanish()
