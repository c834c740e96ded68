"""Sandboxes: create, get, list, update, fork, destroy."""

from datetime import timedelta

import pytest
from conftest import PROJECT, connected, settled
from running import RunningEmulator
from vercel.sandbox.sync import (
    NetworkPolicy,
    NetworkPolicyRule,
    NetworkPolicySubnets,
    NetworkPolicyTransform,
    SandboxApiError,
    SandboxQueryByCreatedAt,
    SandboxQueryByName,
    SandboxResources,
    SandboxStatus,
    SnapshotRetention,
    SyncSandbox,
    SyncSandboxClient,
    TagFilter,
)


def test_create_with_everything(client: SyncSandboxClient) -> None:
    made = client.create_sandbox(
        name="whole", image="python3.13", ports=[3000, 4000], execution_time_limit=timedelta(minutes=20),
        resources=SandboxResources(vcpus=4), persistent=True, env={"SECRET": "kept"},
        tags={"scope": "one", "cwd": "/x"},
        snapshot_expiration=timedelta(days=7), snapshot_retention=SnapshotRetention(count=3), region="fra1",
        network_policy=NetworkPolicy.deny_all(), failover_regions=["iad1"],
    )
    found = client.get_sandbox(name="whole")
    for each in (made, found):
        assert (each.name, each.image, each.project_id) == ("whole", "python3.13", PROJECT)
        assert each.status is SandboxStatus.RUNNING
        assert (each.vcpus, each.memory, each.execution_time_limit) == (4, 8192, timedelta(minutes=20))
        assert (each.persistent, each.snapshot_expiration) == (True, timedelta(days=7))
        assert each.snapshot_retention and each.snapshot_retention.count == 3
        assert each.tags == {"scope": "one", "cwd": "/x"} and each.region == "fra1" and each.cwd == "/vercel/sandbox"
        assert [route.port for route in each.routes] == [3000, 4000]
        assert each.network_policy and each.network_policy.mode == "deny-all"
        assert "kept" not in str(each.raw)
    assert made.run_process("printenv", ["SECRET"], capture_output=True).stdout == "kept\n"
    made.destroy()
    with pytest.raises(SandboxApiError) as gone:
        client.get_sandbox(name="whole")
    assert (gone.value.status_code, gone.value.code) == (404, "not_found")


def test_a_name_is_made_up_and_context_destroys(client: SyncSandboxClient) -> None:
    with client.create_sandbox() as made:
        assert client.get_sandbox(name=made.name).current_session_id == made.current_session_id
    with pytest.raises(SandboxApiError):
        client.get_sandbox(name=made.name)


def test_names_are_unique(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    with pytest.raises(SandboxApiError) as taken:
        client.create_sandbox(name=sandbox.name)
    # No 409: the code is that of every other wrong request.
    assert (taken.value.status_code, taken.value.code) == (400, "bad_request")
    assert f"A sandbox with the name '{sandbox.name}' already exists" in str(taken.value.data)
    for name in ("with space", "a/b", "x" * 200):
        with pytest.raises(SandboxApiError):
            client.create_sandbox(name=name)


def test_get_or_create(client: SyncSandboxClient) -> None:
    first, created = client.get_or_create_sandbox(name="either", tags={"a": "b"})
    again, created_again = client.get_or_create_sandbox(name="either")
    assert created and not created_again and again.tags == {"a": "b"}
    first.stop()
    settled(first)
    resumed, created = client.get_or_create_sandbox(name="either")
    assert not created and resumed.current_session_id != first.current_session_id
    resumed.destroy()


def test_get_or_create_replaces_one_without_its_snapshot(client: SyncSandboxClient) -> None:
    first = client.create_sandbox(name="stale")
    first.stop()
    settled(first)
    (snapshot,) = first.list_snapshots()
    snapshot.delete()
    with pytest.raises(SandboxApiError) as lost:
        client.resume_sandbox(name="stale")
    assert (lost.value.status_code, lost.value.code) == (410, "snapshot_not_found")
    fresh, created = client.get_or_create_sandbox(name="stale")
    assert created and fresh.status is SandboxStatus.RUNNING
    fresh.destroy()


def test_list_in_pages(client: SyncSandboxClient) -> None:
    made = [client.create_sandbox(name=f"page-{n:02}", tags={"even": str(n % 2 == 0)}) for n in range(7)]
    by_name = SandboxQueryByName(sort_order="asc", name_prefix="page-")
    assert [each.name for each in client.query_sandboxes(query=by_name, page_size=3)] == [each.name for each in made]
    newest = SandboxQueryByCreatedAt(sort_order="desc", tag=TagFilter(key="even", value="True"))
    found = [each.name for each in client.query_sandboxes(query=newest, page_size=2)]
    assert found == ["page-06", "page-04", "page-02", "page-00"]
    for each in made:
        each.destroy()
    assert list(client.query_sandboxes(query=by_name)) == []


def test_update(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    session = sandbox.current_session
    assert session is not None
    sandbox.update(ports=[5000], tags={"now": "other"}, persistent=False, execution_time_limit=timedelta(minutes=7))
    assert [route.port for route in sandbox.routes] == [5000] and sandbox.tags == {"now": "other"}
    found = client.get_sandbox(name=sandbox.name)
    assert found.persistent is False and found.current_session_id == session.id
    # A session that runs lives longer at once.
    assert session.refresh().execution_time_limit == timedelta(minutes=7)
    sandbox.update(ports=[], resources=SandboxResources(vcpus=8))
    assert sandbox.routes == () and client.get_sandbox(name=sandbox.name).memory == 16384


def test_network_policy_is_read_back_without_secrets(sandbox: SyncSandbox) -> None:
    rule = NetworkPolicyRule(transform=[NetworkPolicyTransform(headers={"Authorization": "secret"})])
    policy = NetworkPolicy.custom(
        allow={"example.com": (), "api.github.com": [rule]},
        subnets=NetworkPolicySubnets(allow=["1.1.1.1/32"], deny=["192.0.2.0/24"]),
    )
    session = sandbox.current_session
    assert session is not None
    read = session.update_network_policy(policy).network_policy
    assert read and read.allowed_domains == ("example.com", "api.github.com")
    assert read.subnets == NetworkPolicySubnets(allow=["1.1.1.1/32"], deny=["192.0.2.0/24"])
    assert [each.header_names for each in read.injection_rules] == [("Authorization",)]
    denied = session.update_network_policy(NetworkPolicy.deny_all()).network_policy
    assert denied and denied.mode == "deny-all"


@pytest.mark.parametrize("stopped", [False, True])
def test_fork(client: SyncSandboxClient, sandbox: SyncSandbox, stopped: bool) -> None:
    sandbox.fs.write_text("state", "forked")
    if stopped:
        sandbox.stop()
        settled(sandbox)
    fork = client.fork_sandbox(source_sandbox=sandbox.name, tags={"child": "yes"})
    assert fork.fs.read_text("state") == "forked" and fork.tags == {"child": "yes"}
    fork.fs.write_text("state", "changed")
    assert sandbox.fs.read_text("state") == "forked"
    fork.destroy()


def test_a_slow_start_is_waited_for() -> None:
    with RunningEmulator("vercel", "--delay", "0", "--delay", "start=0.7") as emulator:
        client = connected(emulator)
        made = client.create_sandbox(name="slow")
        polls = [each for each in emulator.requests() if each["method"] == "GET"]
        assert made.status is SandboxStatus.RUNNING and polls
        made.destroy()
        client.close()
