"""What the daemon tells of its sandbox: directories, ports, version, usage, and the environment."""

import shutil

from aiohttp import web

from cloud.fields import Fields
from daytona.refusals import bad_request, invalid_body
from daytona.registry import Registry
from daytona.sandbox import VERSION, Sandbox
from daytona.toolbox.access import BASE, opened

# Ports that are watched.
PORTS = range(3000, 10000)
LISTENING = "0A"
GIBIBYTE = 1 << 30


class Information:
    """Small answers."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(BASE + "/work-dir", self._work_dir)
        router.add_get(BASE + "/project-dir", self._work_dir)
        router.add_get(BASE + "/user-home-dir", self._home)
        router.add_get(BASE + "/version", self._version)
        router.add_get(BASE + "/port", self._ports)
        router.add_get(BASE + "/port/{port}/in-use", self._in_use)
        router.add_get(BASE + "/system/metrics", self._metrics)
        router.add_post(BASE + "/env", self._env)

    async def _work_dir(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response({"dir": sandbox.workdir})

    async def _home(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response({"dir": sandbox.user.home})

    async def _version(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request):
            return web.json_response({"version": VERSION})

    async def _ports(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response({"ports": [port for port in await _listening(sandbox) if port in PORTS]})

    async def _in_use(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            text = request.match_info["port"]
            if not text.isdecimal() or int(text) not in PORTS:
                raise bad_request("port out of range: must be between 3000 and 9999")
            return web.json_response({"isInUse": int(text) in await _listening(sandbox)})

    async def _metrics(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            given, disk = sandbox.settings, shutil.disk_usage(sandbox.ground.machines.directory)
            now = sandbox.ground.clock.now()
            return web.json_response({
                "cpuCount": given.cpu, "cpuUsedPct": 0.0, "memTotal": given.memory * GIBIBYTE, "memUsed": 0,
                "memCache": 0, "diskTotal": disk.total, "diskUsed": disk.used, "diskFree": disk.free,
                "timestamp": now.isoformat(), "timestampUnix": int(now.timestamp()),
            })

    async def _env(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            added, removed = fields.text_map("set") or {}, fields.texts("unset") or []
            fields.text("unsetValuePrefix")
            fields.done()
            sandbox.env.update(added)
            for name in removed:
                sandbox.env.pop(name, None)
                sandbox.settings.env.pop(name, None)
            return web.json_response({"message": "environment updated"})


async def _listening(sandbox: Sandbox) -> list[int]:
    """Ports on which something on the machine listens."""
    process = await sandbox.machine.start(["/bin/sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"], stdin=False)
    table = b""
    while data := await process.stdout.read():
        table += data
    await process.wait()
    process.close()
    rows = [line.split() for line in table.decode().splitlines()]
    found = {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == LISTENING}
    return sorted(found)
