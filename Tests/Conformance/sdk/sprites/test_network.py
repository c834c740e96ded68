"""Policy, services, and the URL."""

import httpx
import pytest
from running import TOKEN, RunningEmulator, eventually
from sprites import Sprite
from sprites.exceptions import APIError, SpriteError
from sprites.types import NetworkPolicy, PolicyRule, URLSettings

SERVER = (
    "import http.server, sys\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "  protocol_version = 'HTTP/1.1'\n"
    "  def do_POST(s):\n"
    "    b = s.rfile.read(int(s.headers['Content-Length']))\n"
    "    s.send_response(201); s.send_header('X-Path', s.path); s.send_header('Content-Length', str(len(b)))\n"
    "    s.end_headers(); s.wfile.write(b[::-1])\n"
    "server = http.server.ThreadingHTTPServer(('', int(sys.argv[1])), H)\n"
    "print('ready', flush=True)\n"
    "server.serve_forever()\n"
)


def visit(emulator: RunningEmulator, sprite: Sprite, token: str | None = None) -> httpx.Response:
    """Posts to a sprite's URL, whose host is told by name alone."""
    assert sprite.url
    url = httpx.URL(sprite.url)
    headers = {"Host": url.netloc.decode(), **({"Authorization": f"Bearer {token}"} if token else {})}
    return httpx.post(f"{emulator.url}/some/path?x=1", headers=headers, content=b"abc")


def serve(sprite: Sprite) -> None:
    """Leaves a server running on port 8080."""
    script = "python3 -c \"$1\" 8080 >log 2>&1 & until grep -q ready log; do sleep 0.02; done"
    sprite.run("sh", "-c", script, "-", SERVER)


def restarts(sprite: Sprite, service: str) -> int:
    """How often that service was started again."""
    state = sprite.get_service(service).state
    return state.restart_count if state else -1


def test_policy(sprite: Sprite) -> None:
    assert sprite.get_network_policy().rules == [PolicyRule(include="defaults")]
    rules = [PolicyRule(domain="*.example.com", action="allow"), PolicyRule(domain="*", action="deny")]
    sprite.update_network_policy(NetworkPolicy(rules=rules))
    assert sprite.get_network_policy().rules == rules
    strange = PolicyRule(domain="example.com", action="ask")
    wrong = (strange, PolicyRule(domain="no domain", action="allow"), PolicyRule())
    for rule in wrong:
        with pytest.raises(SpriteError, match="status 400"):
            sprite.update_network_policy(NetworkPolicy(rules=[rule]))
    assert sprite.get_network_policy().rules == rules


def test_url_leads_to_8080(sprite: Sprite, emulator: RunningEmulator) -> None:
    assert visit(emulator, sprite).status_code == 401
    assert visit(emulator, sprite, TOKEN).status_code == 502
    serve(sprite)
    answer = visit(emulator, sprite, TOKEN)
    assert (answer.status_code, answer.content, answer.headers["X-Path"]) == (201, b"cba", "/some/path?x=1")
    sprite.update_url_settings(URLSettings(auth="public"))
    assert visit(emulator, sprite).status_code == 201


def test_a_warm_sprite_wakes_for_its_url(sprite: Sprite, emulator: RunningEmulator) -> None:
    sprite.update_url_settings(URLSettings(auth="public"))
    serve(sprite)
    emulator.advance(31)
    eventually(lambda: sprite.client.get_sprite(sprite.name).status == "warm")
    assert visit(emulator, sprite).content == b"cba"
    assert sprite.client.get_sprite(sprite.name).status == "running"


def test_services(sprite: Sprite, emulator: RunningEmulator) -> None:
    sprite.update_url_settings(URLSettings(auth="public"))
    base = sprite.create_service("base", "sh", ["-c", "echo up; exec sleep 1000"], duration=3)
    assert [event.type for event in base] == ["started", "stdout", "complete"]
    arguments = ["-c", SERVER, "9000"]
    list(sprite.create_service("web", "python3", arguments, ["base"], 9000, 0.5, env={"A": "b"}, dir="/tmp"))
    web = sprite.get_service("web")
    assert web.state and web.state.status == "running"
    assert (web.http_port, web.needs, web.env, web.dir) == (9000, ["base"], {"A": "b"}, "/tmp")
    eventually(lambda: visit(emulator, sprite).content == b"cba")
    # It is started again when it dies, and when the sprite boots.
    sprite.signal_service("web", "SIGKILL")
    eventually(lambda: restarts(sprite, "web") == 1)
    eventually(lambda: visit(emulator, sprite).status_code == 201)
    list(sprite.create_checkpoint())
    list(sprite.restore_checkpoint("v1"))
    eventually(lambda: visit(emulator, sprite).status_code == 201)
    with pytest.raises(SpriteError, match="409"):
        sprite.delete_service("base")
    assert [event.type for event in sprite.stop_service("web")] == ["stopping", "stopped", "complete"]
    with pytest.raises(APIError) as stopped:
        sprite.stop_service("web")
    assert stopped.value.status_code == 409
    assert visit(emulator, sprite).status_code == 502
    assert [event.type for event in sprite.start_service("web", duration=0.2)][0] == "started"
    sprite.delete_service("web")
    sprite.delete_service("base")
    assert sprite.list_services() == []
    failed = [event.type for event in sprite.create_service("none", "no-such-program")]
    assert failed == ["error", "complete"]
