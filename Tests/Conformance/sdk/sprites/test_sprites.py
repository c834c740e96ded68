"""Sprites themselves: create, get, list, update, delete, and what is refused."""

import httpx
import pytest
from running import TOKEN, RunningEmulator, eventually
from sprites import Sprite, SpritesClient
from sprites.exceptions import AuthenticationError, NetworkError, NotFoundError, SpriteError
from sprites.types import ListOptions, SpriteConfig, URLSettings


def test_create_get_update_delete(client: SpritesClient) -> None:
    made = client.create_sprite(
        "life", SpriteConfig(ram_mb=512, cpus=1), url_settings=URLSettings(auth="public"), labels=["fleet", "box"]
    )
    assert made.id and made.status == "cold" and made.organization_name and made.created_at
    assert made.url and made.url.startswith("http://life-")
    found = client.get_sprite("life")
    assert (found.id, found.labels, found.url_settings) == (made.id, ["fleet", "box"], URLSettings(auth="public"))
    changed = found.update(url_settings=URLSettings(auth="sprite"), labels=["other"])
    assert (changed.labels, changed.url_settings) == (["other"], URLSettings(auth="sprite"))
    found.update_url_settings(URLSettings(auth="public"))
    assert client.get_sprite("life").url_settings == URLSettings(auth="public")
    found.upgrade()
    found.delete()
    with pytest.raises(NotFoundError):
        client.get_sprite("life")
    with pytest.raises(NotFoundError):
        client.delete_sprite("life")


def test_names_are_unique_and_checked(client: SpritesClient, sprite: Sprite) -> None:
    with pytest.raises(SpriteError, match="status 400.*already exists"):
        client.create_sprite(sprite.name)
    with pytest.raises(SpriteError, match="status 400"):
        client.create_sprite("No Name")
    with pytest.raises(SpriteError, match="status 400"):
        client.create_sprite("wrong-settings", url_settings=URLSettings(auth="everybody"))


def test_list_in_pages(client: SpritesClient, emulator: RunningEmulator) -> None:
    made = sorted(client.create_sprite(f"page-{number:02}").name for number in range(55))
    first = client.list_sprites(ListOptions(prefix="page-", max_results=20))
    assert first.has_more and [each.name for each in first.sprites] == made[:20]
    assert [each.name for each in client.list_all_sprites("page-")] == made
    assert client.list_sprites(ListOptions(prefix="page-")).cold >= 55
    for name in made:
        client.delete_sprite(name)
    assert client.list_all_sprites("page-") == []


def test_status_follows_use(client: SpritesClient, sprite: Sprite, emulator: RunningEmulator) -> None:
    def status() -> str:
        return str(client.get_sprite(sprite.name).status)

    assert status() == "cold"
    assert sprite.run("true").returncode == 0
    assert status() == "running"
    emulator.advance(31)
    eventually(lambda: status() == "warm")
    assert sprite.run("true").returncode == 0
    assert status() == "running"
    emulator.advance(31)
    eventually(lambda: status() == "warm")
    emulator.advance(601)
    eventually(lambda: status() == "cold")
    assert sprite.run("true").returncode == 0


def test_the_disk_is_kept_in_the_cold(client: SpritesClient, sprite: Sprite, emulator: RunningEmulator) -> None:
    (sprite.filesystem("/home/sprite") / "kept").write_text("still here")
    emulator.advance(31)
    eventually(lambda: client.get_sprite(sprite.name).status == "warm")
    emulator.advance(601)
    eventually(lambda: client.get_sprite(sprite.name).status == "cold")
    assert sprite.command("cat", "kept").output() == b"still here"


def test_wrong_token(emulator: RunningEmulator, sprite: Sprite) -> None:
    with SpritesClient("wrong", base_url=emulator.url) as stranger:
        with pytest.raises(AuthenticationError):
            stranger.get_sprite(sprite.name)
        with pytest.raises(SpriteError) as refused:
            stranger.sprite(sprite.name).run("true")
        assert getattr(refused.value, "status_code", None) == 401


def test_faults(client: SpritesClient, emulator: RunningEmulator) -> None:
    emulator.fault("lost-answer", "POST", "/v1/sprites")
    with pytest.raises(NetworkError):
        client.create_sprite("lost")
    assert client.get_sprite("lost").name == "lost"
    emulator.fault("refused", "DELETE", "/v1/sprites/lost")
    with pytest.raises(NetworkError):
        client.delete_sprite("lost")
    assert client.get_sprite("lost").name == "lost"
    emulator.fault("rate-limited", retry_after=3)
    with pytest.raises(SpriteError, match="429"):
        client.get_sprite("lost")
    emulator.fault("status", status=502)
    with pytest.raises(SpriteError, match="502"):
        client.get_sprite("lost")
    emulator.fault("unauthorized")
    with pytest.raises(AuthenticationError):
        client.get_sprite("lost")
    emulator.fault("reaped", "GET", "/v1/sprites/lost")
    with pytest.raises(NotFoundError):
        client.get_sprite("lost")


def test_limits() -> None:
    with RunningEmulator("sprites", "--delay", "0", "--creations-per-minute", "2", "--most-running", "1") as emulator:
        with SpritesClient(TOKEN, base_url=emulator.url) as client:
            first, second = client.create_sprite("first"), client.create_sprite("second")
            with pytest.raises(SpriteError, match="sprite_creation_rate_limited"):
                client.create_sprite("third")
            emulator.advance(61)
            client.create_sprite("third")
            first.run("true")
            with pytest.raises(SpriteError) as refused:
                second.run("true")
            assert getattr(refused.value, "error_code", None) == "concurrent_sprite_limit_exceeded"
            assert getattr(refused.value, "status_code", None) == 429


def test_strictness(emulator: RunningEmulator, sprite: Sprite) -> None:
    with httpx.Client(base_url=emulator.url, headers={"Authorization": f"Bearer {TOKEN}"}) as raw:
        assert raw.get("/v1/nothing").status_code == 404
        assert raw.patch(f"/v1/sprites/{sprite.name}").status_code == 405
        assert raw.get(f"/v1/sprites/{sprite.name}/control").status_code == 404
        for body in ({}, {"name": 1}, {"name": "a", "unknown": 1}, {"name": "a", "labels": [1]}, ["name"]):
            assert raw.post("/v1/sprites", json=body).status_code == 400, body
        assert raw.post("/v1/sprites", content=b"{").status_code == 400
        assert raw.put(f"/v1/sprites/{sprite.name}", json={}).status_code == 400
        assert raw.get("/v1/sprites?max_results=0").status_code == 400
        assert raw.get(f"/v1/sprites/{sprite.name}/exec?cmd=true").status_code == 400
        assert raw.get(f"/v1/sprites/{sprite.name}/exec/1").status_code == 404
