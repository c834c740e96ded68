"""New sandboxes, from snapshots, builds and other sandboxes."""

import contextlib
from datetime import timedelta
from typing import Any

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from daytona import state
from daytona.building import Build
from daytona.refusals import invalid, refusal
from daytona.registry import Registry
from daytona.sandbox import FAILS, TARGET, Sandbox, Settings
from daytona.snapshots import Snapshot, Snapshots, send_log
from daytona.volumes import Volumes

RESOURCES = ("cpu", "memory", "disk", "gpu")


class Creation:
    """Answers at once; the disk is made while the sandbox is `creating`."""

    def __init__(self, ground: Ground, registry: Registry, snapshots: Snapshots, volumes: Volumes) -> None:
        self._ground = ground
        self._registry = registry
        self._snapshots = snapshots
        self._volumes = volumes
        self._builds: dict[str, Build] = {}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_post("/api/sandbox", self._create)
        router.add_post("/api/sandbox/{sandbox}/fork", self._fork)
        router.add_get("/api/sandbox/{sandbox}/forks", self._forks)
        router.add_get("/api/sandbox/{sandbox}/parent", self._parent)
        router.add_get("/api/sandbox/{sandbox}/ancestors", self._ancestors)
        router.add_post("/api/sandbox/{sandbox}/snapshot", self._take_snapshot)
        router.add_get("/api/sandbox/{sandbox}/build-logs-url", self._build_logs_url)
        router.add_get("/api/sandbox/{sandbox}/build-logs", self._build_logs)

    async def _create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        name, known, built = fields.text("name"), fields.text("snapshot"), fields.object("buildInfo")
        resources = {each: fields.integer(each, least=0) for each in RESOURCES}
        ttl = fields.integer("ttlMinutes", 0, least=0)
        settings = self._settings(fields)
        fields.done()
        if built and known:
            raise invalid("Cannot specify a snapshot when using a build info entry")
        if not built and any(resources.values()):
            raise invalid("Cannot specify Sandbox resources when using a snapshot")
        build = Build.read(self._ground, built) if built else None
        self._registry.claim(name)
        for each, value in resources.items():
            if value:
                setattr(settings, each, value)
        sandbox = self._from_build(name, settings, build) if build else self._from_snapshot(name, settings, known)
        sandbox.organization = self._registry.organization(request)
        if ttl:
            expire(sandbox, ttl)
        return web.json_response(sandbox.info())

    def _settings(self, fields: Fields) -> Settings:
        given = Settings()
        given.user = fields.text("user") or given.user
        given.env = fields.text_map("env") or {}
        given.labels = fields.text_map("labels") or {}
        given.public = fields.flag("public") or False
        given.block_network = fields.flag("networkBlockAll") or False
        given.network, given.domains = fields.text("networkAllowList"), fields.text("domainAllowList")
        given.proxy = fields.text("outboundProxyUrl")
        fields.text("otelEndpointOverride")
        given.target = fields.text("target") or TARGET
        given.kvm, given.spot = fields.flag("kvm") or False, fields.flag("spot") or False
        fields.texts("gpuType")
        given.stop_after = _interval(fields, "autoStopInterval", given.stop_after)
        given.pause_after = _interval(fields, "autoPauseInterval", given.pause_after)
        given.archive_after = _interval(fields, "autoArchiveInterval", given.archive_after) or given.archive_after
        deletion = fields.integer("autoDeleteInterval")
        given.delete_after = given.delete_after if deletion is None else deletion
        given.queue_timeout = fields.integer("queueTimeout", least=1)
        given.volumes = self._volumes.resolve(fields.objects("volumes") or [])
        if fields.objects("secrets"):
            raise invalid("secrets are not emulated")
        if linked := fields.text("linkedSandbox"):
            other = self._registry.get(linked)
            if other is None:
                raise refusal(404, f"Sandbox with ID or name {linked} not found")
            if not given.ephemeral:
                raise invalid("Linked sandboxes must be ephemeral (set autoDeleteInterval to 0)")
            given.linked = other.id
        return given

    def _from_snapshot(self, name: str | None, settings: Settings, known: str | None) -> Sandbox:
        snapshot: Snapshot = self._snapshots.to_make_from(known)
        settings.cpu, settings.memory, settings.disk = snapshot.cpu, snapshot.memory, snapshot.disk
        sandbox = Sandbox(self._ground, name, settings, snapshot.name, snapshot.kind)
        settings.env = {**snapshot.env, **settings.env}

        async def work() -> None:
            await self._ground.delays.wait("create")
            if snapshot.place:
                await sandbox.machine.restore(snapshot.place)
            if snapshot.workdir:
                sandbox.workdir = snapshot.workdir
            self._volumes.mount(sandbox)
            sandbox.fail_if_asked("create")

        sandbox.change(state.CREATING, state.STARTED, work)
        self._registry.add(sandbox)
        return sandbox

    def _from_build(self, name: str | None, settings: Settings, build: Build) -> Sandbox:
        sandbox = Sandbox(self._ground, name, settings, None, state.CONTAINER)
        sandbox.build = build.info()
        self._builds[sandbox.id] = build

        async def work() -> None:
            await self._ground.delays.wait("build")
            sandbox.show(state.BUILDING_SNAPSHOT)
            await build.carry_out(sandbox.machine)
            sandbox.show(state.CREATING)
            await self._ground.delays.wait("create")
            settings.env = {**build.env, **settings.env}
            sandbox.workdir = build.workdir or sandbox.workdir
            await sandbox.machine.kill()
            self._volumes.mount(sandbox)
            sandbox.fail_if_asked("create")

        sandbox.change(state.PENDING_BUILD, state.STARTED, work)
        self._registry.add(sandbox)
        return sandbox

    async def _fork(self, request: web.Request) -> web.Response:
        source = self._registry.find(request)
        fields = await Fields.read(request, invalid, optional=True)
        name = fields.text("name")
        fields.done()
        if source.kind != state.VIRTUAL_MACHINE:
            raise refusal(422, "Forking is not supported for this sandbox")
        if source.state != state.STARTED:
            raise invalid("Sandbox must be in started state to fork")
        source.settle()
        self._registry.claim(name)
        given = source.settings
        copied = Settings(**{**vars(given), "env": dict(given.env), "labels": dict(given.labels),
                             "volumes": [dict(each) for each in given.volumes]})
        child = Sandbox(self._ground, name, copied, source.snapshot, source.kind)
        child.parent, child.workdir, child.organization = source.id, source.workdir, source.organization

        async def work() -> None:
            await self._ground.delays.wait("fork")
            place = self._ground.machines.new_place("fork")
            try:
                await source.machine.snapshot(place)
                await child.machine.restore(place)
            finally:
                await self._ground.machines.delete_place(place)
            self._volumes.mount(child)

        async def until_forked() -> None:
            await child.settled()

        child.change(state.CREATING, state.STARTED, work)
        source.change(state.FORKING, state.STARTED, until_forked)
        self._registry.add(child)
        return web.json_response(child.info())

    async def _forks(self, request: web.Request) -> web.Response:
        source = self._registry.find(request)
        return web.json_response([each.info() for each in self._registry.all if each.parent == source.id])

    async def _parent(self, request: web.Request) -> web.Response:
        parents = self._parents(self._registry.find(request))
        if not parents:
            raise refusal(404, "Sandbox has no parent")
        return web.json_response(parents[0].info())

    async def _ancestors(self, request: web.Request) -> web.Response:
        return web.json_response([each.info() for each in reversed(self._parents(self._registry.find(request)))])

    def _parents(self, sandbox: Sandbox) -> list[Sandbox]:
        parent = self._registry.get(sandbox.parent) if sandbox.parent else None
        return [parent, *self._parents(parent)] if parent else []

    async def _take_snapshot(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        name = fields.needed_text("name")
        memory = fields.flag("includeMemory")
        fields.done()
        if sandbox.state not in (state.STARTED, state.STOPPED):
            raise invalid("Sandbox must be in started or stopped state to create a snapshot")
        sandbox.settle()
        if memory:
            raise invalid("includeMemory is only supported for Windows sandboxes")
        self._snapshots.claim(name)
        before = sandbox.state

        async def work() -> None:
            await self._ground.delays.wait("snapshot")
            if sandbox.settings.labels.get(FAILS) == "snapshot":
                # The snapshot fails, not the sandbox.
                del sandbox.settings.labels[FAILS]
                self._snapshots.fail(sandbox, name)
                return
            await self._snapshots.take(sandbox, name)

        sandbox.change(state.SNAPSHOTTING, before, work)
        return web.json_response(sandbox.info())

    async def _build_logs_url(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        if sandbox.id not in self._builds:
            raise refusal(404, f"Sandbox {sandbox.name} has no build info")
        return web.json_response({"url": f"{self._ground.base_url}/api/sandbox/{sandbox.id}/build-logs"})

    async def _build_logs(self, request: web.Request) -> web.StreamResponse:
        with contextlib.suppress(ConnectionResetError):
            return await send_log(request, self._builds.get(self._registry.find(request).id))
        return web.Response(status=499)


def expire(sandbox: Sandbox, minutes: int) -> None:
    """Lets it be destroyed after so many minutes from now on, or never with 0."""
    clock = sandbox.ground.clock
    if minutes:
        sandbox.destroy_at = clock.monotonic() + minutes * 60
        sandbox.destroy_time = clock.now() + timedelta(minutes=minutes)
    else:
        sandbox.destroy_at = sandbox.destroy_time = None
    sandbox.changes.set()


def _interval(fields: Fields, name: str, default: int) -> int:
    value: Any = fields.integer(name)
    if value is not None and value < 0:
        raise invalid(f"{name} must be non-negative")
    return default if value is None else int(value)
