"""What a sandbox is configured with."""

import argparse
import re
from dataclasses import dataclass, field, replace
from typing import Any

from cloud.fields import Fields
from vercel.policy import ALLOW_ALL, parse
from vercel.refusals import invalid, refusal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DAY = 86_400_000
MEMORY_OF_VCPU = 2048
MOST_TAGS = 5


@dataclass(frozen=True)
class Retention:
    """How many snapshots are kept, and what becomes of the others."""

    count: int
    expiration: int | None
    delete_evicted: bool

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"count": self.count, "expiration": self.expiration, "deleteEvicted": self.delete_evicted}


@dataclass(frozen=True)
class Settings:
    """The part of a sandbox that create, fork and update take. Durations are milliseconds."""

    image: str | None = None
    ports: tuple[int, ...] = ()
    timeout: int = 300_000
    vcpus: int = 2
    memory: int = 2 * MEMORY_OF_VCPU
    persistent: bool = True
    network_policy: dict[str, Any] = field(default_factory=lambda: dict(ALLOW_ALL))
    network_id: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    mounts: dict[str, dict[str, str]] = field(default_factory=dict)
    snapshot_expiration: int = 30 * DAY
    retention: Retention | None = None
    region: str = "iad1"
    failover_regions: tuple[str, ...] = ()

    def changed(self, fields: Fields, options: argparse.Namespace) -> "Settings":
        """With everything that the body names."""
        changes: dict[str, Any] = {}
        if (ports := fields.anything("ports")) is not None:
            changes["ports"] = _ports(ports)
        if (timeout := fields.integer("timeout", least=1)) is not None:
            check_timeout(timeout, options)
            changes["timeout"] = timeout
        if resources := fields.object("resources"):
            changes.update(_resources(resources, self.vcpus))
        if (persistent := fields.flag("persistent")) is not None:
            changes["persistent"] = persistent
        if (policy := fields.anything("networkPolicy")) is not None:
            changes["network_policy"] = parse(policy)
        if "networkId" in fields:
            changes["network_id"] = fields.text("networkId")
        for name in ("env", "tags"):
            if (mapping := fields.text_map(name)) is not None:
                changes[name] = mapping
        if len(changes.get("tags", {})) > MOST_TAGS:
            raise invalid(f"a sandbox has at most {MOST_TAGS} tags")
        if (mounts := fields.anything("mounts")) is not None:
            changes["mounts"] = _mounts(mounts)
        if (expiration := fields.integer("snapshotExpiration")) is not None:
            changes["snapshot_expiration"] = checked_expiration(expiration)
        if "keepLastSnapshots" in fields:
            changes["retention"] = _retention(fields.object("keepLastSnapshots"))
        if region := fields.text("region"):
            changes["region"] = region
        if (regions := fields.texts("failoverRegions")) is not None:
            changes["failover_regions"] = tuple(regions)
        for private in [name for name in fields.names if name.startswith("__")]:
            fields.anything(private)
        return replace(self, **changes)

    def shown(self) -> dict[str, Any]:
        """As the API shows it: without the environment, which may hold secrets."""
        return {
            "image": self.image, "timeout": self.timeout, "vcpus": self.vcpus, "memory": self.memory,
            "persistent": self.persistent, "networkPolicy": self.network_policy, "networkId": self.network_id,
            "tags": self.tags, "mounts": self.mounts, "snapshotExpiration": self.snapshot_expiration,
            "keepLastSnapshots": self.retention.shown() if self.retention else None, "region": self.region,
            "failoverRegions": list(self.failover_regions),
        }


def checked_name(name: str) -> str:
    """A name that a sandbox or a drive may have."""
    if not NAME.fullmatch(name):
        raise invalid("name must be of letters, digits, '.', '_' and '-', and at most 128 characters")
    return name


def check_timeout(timeout: int, options: argparse.Namespace) -> None:
    """Refuses what is longer than any session may live."""
    if timeout > options.longest * 1000:
        raise refusal(400, "Timeout exceeds the maximum execution timeout", "sandbox_timeout_invalid")


def checked_expiration(expiration: int) -> int:
    """Zero is for ever; otherwise from a day to ten years."""
    if expiration and not DAY <= expiration <= 3650 * DAY:
        raise invalid("snapshot expiration must be 0 or between one day and ten years")
    return expiration


def _ports(ports: Any) -> tuple[int, ...]:
    if not isinstance(ports, list) or not all(type(port) is int and 0 < port < 65536 for port in ports):
        raise invalid("ports must be numbers between 1 and 65535")
    if len(set(ports)) != len(ports):
        raise invalid("ports must be different")
    return tuple(ports)


def _resources(resources: Fields, vcpus: int) -> dict[str, int]:
    vcpus = resources.integer("vcpus", vcpus, least=1) or vcpus
    memory = resources.integer("memory", vcpus * MEMORY_OF_VCPU, least=1)
    resources.done()
    if vcpus > 32 or memory != vcpus * MEMORY_OF_VCPU:
        raise invalid(f"resources must be at most 32 vcpus with {MEMORY_OF_VCPU} MB each")
    return {"vcpus": vcpus, "memory": memory}


def _mounts(mounts: Any) -> dict[str, dict[str, str]]:
    parsed = {}
    if not isinstance(mounts, dict):
        raise invalid("mounts must be an object")
    for path, value in mounts.items():
        mount = Fields(value, invalid, f"mounts.{path}")
        if not path.startswith("/") or path == "/" or ".." in path.split("/"):
            raise invalid("mount paths must be absolute and below /")
        mode = mount.text("mode", "read-write", allowed=("snapshot", "read-write")) or ""
        parsed[path] = {"drive": mount.needed_text("drive"), "mode": mode}
        mount.done()
    return parsed


def _retention(fields: Fields | None) -> Retention | None:
    if fields is None:
        return None
    count = fields.integer("count", least=1)
    expiration = fields.integer("expiration")
    evicted = fields.flag("deleteEvicted", True)
    fields.done()
    if count is None or count > 100:
        raise invalid("keepLastSnapshots.count must be between 1 and 100")
    return Retention(count, None if expiration is None else checked_expiration(expiration), evicted is not False)
