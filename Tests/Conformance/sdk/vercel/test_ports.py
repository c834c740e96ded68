"""Ports: what listens in a session is reached from outside."""

import urllib.error
import urllib.request

import pytest
from conftest import settled
from vercel.sandbox.sync import SyncSandbox, SyncSandboxClient

SERVER = """
import http.server
server = http.server.HTTPServer(("", {port}), http.server.SimpleHTTPRequestHandler)
print("up", flush=True)
server.serve_forever()
"""


def fetch(sandbox: SyncSandbox, port: int, path: str = "/") -> tuple[int, bytes]:
    (route,) = (route for route in sandbox.routes if route.port == port)
    host = route.url.removeprefix("http://")
    # By address: not every resolver knows names below localhost.
    request = urllib.request.Request(f"http://127.0.0.1:{host.rpartition(':')[2]}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def serve(sandbox: SyncSandbox, port: int) -> None:
    server = sandbox.create_process("python3", ["-c", SERVER.format(port=port)])
    assert server.stdout and server.stdout.readline() == "up\n"


@pytest.fixture
def served(client: SyncSandboxClient) -> SyncSandbox:
    return client.create_sandbox(ports=[3000, 4000])


def test_two_ports(served: SyncSandbox) -> None:
    for port in (3000, 4000):
        status, page = fetch(served, port)
        assert status == 502 and b"SANDBOX_NOT_LISTENING" in page
    served.fs.write_text("page.txt", "content")
    for port in (3000, 4000):
        serve(served, port)
        assert fetch(served, port, "/page.txt") == (200, b"content")
    served.destroy()
    assert fetch(served, 3000)[0] == 404


def test_a_stopped_session_is_not_reached(served: SyncSandbox) -> None:
    serve(served, 3000)
    served.stop()
    settled(served)
    status, page = fetch(served, 3000)
    assert status == 410 and b"SANDBOX_STOPPED" in page
    served.destroy()
