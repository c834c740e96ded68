"""What is wrong is refused, in the words of the provider."""

from collections.abc import Callable
from typing import Any

Run = Callable[[Any], None]


def test_refusals_of_the_api(run: Run) -> None:
    async def body(api: Any) -> None:
        refused = await api.call("GET", "/api/sandbox/missing", 404)
        assert {**refused, "timestamp": ""} == {
            "statusCode": 404, "error": "Not Found", "message": "Sandbox with ID or name missing not found",
            "code": "NOT_FOUND", "source": "DAYTONA_API", "path": "/api/sandbox/missing", "method": "GET",
            "timestamp": "",
        }
        for fields in (
            {"unknown": 1}, {"name": 1}, {"labels": {"a": 1}}, {"env": []}, {"cpu": 2}, {"autoStopInterval": -1},
            {"snapshot": "daytona-small", "buildInfo": {"dockerfileContent": "FROM a:1"}}, {"buildInfo": {}},
            {"secrets": [{"a": "b"}]}, {"volumes": [{"volumeId": "x"}]}, [],
        ):
            await api.call("POST", "/api/sandbox", 400, json=fields)
        await api.call("POST", "/api/sandbox", 404, json={"linkedSandbox": "missing", "autoDeleteInterval": 0})
        await api.call("POST", "/api/sandbox", 400, data=b"{")
        for query in ("limit=0", "limit=x", "labels=x", "labels=[1]", "states=none", "cursor=x", "label=x"):
            await api.call("GET", f"/api/sandbox?{query}", 400)
        await api.call("PATCH", "/api/sandbox", 405)
        await api.call("GET", "/api/nothing", 404)
        await api.call("GET", "/api/sandbox", 401, headers={"Authorization": "Bearer wrong"})
        await api.call("GET", "/api/socket.io/?EIO=4", 404, headers={"Authorization": ""})
        known = await api.sandbox()
        for path in ("autostop/x", "autostop/-1", "ttl/-1", "public/maybe"):
            await api.call("POST", f"/api/sandbox/{known}/{path}", 400)
        await api.call("GET", f"/api/sandbox/{known}/ports/0/preview-url", 400)
        await api.call("GET", f"/api/sandbox/{known}/ports/1/signed-preview-url?expiresInSeconds=0", 400)
        for fields in ({}, {"cpu": 0}, {"cpu": 1}, {"disk": 9}):
            await api.call("POST", f"/api/sandbox/{known}/resize", 400, json=fields)

    run(body)


def test_refusals_of_the_toolbox(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        base = f"/toolbox/{known}"
        refused = await api.call("GET", f"{base}/files/info?path=missing", 404)
        assert {**refused, "timestamp": ""} == {
            "statusCode": 404, "message": "missing: no such file or directory", "code": "FILE_NOT_FOUND",
            "source": "DAYTONA_DAEMON", "path": f"{base}/files/info", "method": "GET", "timestamp": "",
        }
        missing = await api.call("GET", "/toolbox/missing/version", 404)
        assert missing["source"] == "DAYTONA_PROXY"
        expired = await api.call("GET", f"{base}/version", 401, headers={"Authorization": "Bearer wrong"})
        assert (expired["source"], expired["code"]) == ("DAYTONA_PROXY", "UNAUTHORIZED")
        for fields in ({}, {"command": ""}, {"command": "true", "timeout": "1"}, {"command": "true", "more": 1}):
            refused = await api.call("POST", f"{base}/process/execute", 400, json=fields)
            assert refused["code"] == "INVALID_REQUEST_BODY"
        assert await api.execute(known, "true", cwd="/missing") == {"exitCode": -1, "result": ""}
        await api.call("POST", f"{base}/process/session", 201, json={"sessionId": "one"})
        await api.call("POST", f"{base}/process/session/one/exec", 400, json={"command": " "})
        await api.call("POST", f"{base}/process/session/two/exec", 404, json={"command": "true"})
        for path in ("one/command/x", "one/command/x/logs", "two/command/x/logs"):
            await api.call("GET", f"{base}/process/session/{path}", 404)
        for fields in ({}, {"id": "tty", "cols": 1001}, {"id": "tty", "rows": 0}):
            await api.call("POST", f"{base}/process/pty", 400, json=fields)
        await api.call("POST", f"{base}/process/pty/none/resize", 410, json={"cols": 10, "rows": 10})
        await api.call("DELETE", f"{base}/process/pty/none", 404)
        await api.call("GET", f"{base}/process/pty/none/connect", 400)
        await api.call("POST", f"{base}/files/bulk-upload", 400, json={})
        await api.call("POST", f"{base}/files/bulk-download", 400, json={"paths": []})
        await api.call("GET", f"{base}/files?path=.&depth=0", 400)
        await api.call("GET", f"{base}/files?folder=.", 400)
        assert "out of range" in (await api.call("GET", f"{base}/port/80/in-use", 400))["message"]
        await api.call("GET", f"{base}/git/status?path=.", 404)

    run(body)


def test_the_preview_token_opens_the_toolbox_as_well(run: Run) -> None:
    async def body(api: Any) -> None:
        known, other = await api.sandbox(), await api.sandbox()
        token = (await api.call("GET", f"/api/sandbox/{known}/ports/2280/preview-url"))["token"]
        headers = {"Authorization": "", "X-Daytona-Preview-Token": token}
        await api.call("GET", f"/toolbox/{known}/version", headers=headers)
        await api.call("GET", f"/toolbox/{other}/version", 401, headers=headers)
        await api.call("GET", f"/api/sandbox/{known}", 401, headers=headers)

    run(body)
