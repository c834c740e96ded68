"""What is refused, and how."""

import base64
import json
import time
from typing import Any

import pytest
from running import RunningEmulator


def token(**claims: Any) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + ".x"


@pytest.mark.parametrize("body", [
    {"unknown": 1}, {"ports": [0]}, {"ports": ["80"]}, {"ports": [80, 80]}, {"timeout": "5m"}, {"env": {"A": 1}},
    {"resources": {"vcpus": 64}}, {"name": "a b"}, {"source": {"type": "floppy"}}, {"source": {"type": "git"}},
    {"networkPolicy": {"mode": "some"}}, {"networkPolicy": {}}, {"snapshotExpiration": 5},
    {"keepLastSnapshots": {"count": 0}}, {"mounts": {"relative": {"drive": "d"}}}, {"projectId": None},
    {"projectId": 1},
])
def test_wrong_creations(api: Any, body: Any) -> None:
    answer = api("POST", "/v3/sandboxes", {"projectId": "prj_emulated", **body})
    assert (answer.status, answer.code) == (400, "bad_request")


def test_paths_and_methods(api: Any) -> None:
    name, session = api.create(__private=1)
    assert api("GET", "/v9/sandboxes").status == 404 and api("PUT", f"/v2/sandboxes/{name}").status == 405
    assert api("GET", f"/api/v2/sandboxes/{name}").json["sandbox"]["name"] == name
    assert api("POST", session + "/cmd", data=b"{").status == 400
    assert api("POST", session + "/cmd", {"command": "true", "more": 1}).status == 400
    assert api("POST", session + "/fs/write", data=b"x").status == 400
    assert api("POST", session + "/fs/write", data=b"x", headers={"Content-Type": "application/gzip"}).status == 400
    assert api("POST", session + "/extend-timeout", {}).status == 400
    command = api.start(session, "sleep 1001", attachStdin=True)
    assert api("POST", command + "/kill", {"signal": 65}).status == 400
    assert api("POST", command + "/stdin", {"data": "#"}).status == 400
    assert api("POST", command + "/stdin", {"data": "eA==", "offset": 1}).status == 400
    assert api("POST", command + "/stdin", {"data": "eHk="}).json["bytesWritten"] == 2
    assert api("POST", command + "/stdin", {"data": "eHl6", "offset": 0}).json["bytesWritten"] == 3


def test_lists(api: Any) -> None:
    first, second, third = (api.create(tags={"list": "this"})[0] for _ in range(3))
    for wrong in ({"limit": "0"}, {"limit": "51"}, {"limit": "x"}, {"sortBy": "size"}, {"sortOrder": "up"},
                  {"cursor": "x"}, {"cursor": "e30="}, {"cursor": "WzEsMiwzXQ==", "sortBy": "name"}):
        assert api("GET", "/v2/sandboxes", **wrong).status == 400, wrong
    page = api("GET", "/v2/sandboxes", limit="1", tags="list:this").json
    assert [each["name"] for each in page["sandboxes"]] == [third] and page["pagination"]["count"] == 1
    # What is deleted meanwhile moves nothing.
    api("DELETE", f"/v2/sandboxes/{third}")
    page = api("GET", "/v2/sandboxes", limit="1", tags="list:this", cursor=page["pagination"]["next"]).json
    assert [each["name"] for each in page["sandboxes"]] == [second]
    page = api("GET", "/v2/sandboxes", limit="1", tags="list:this", cursor=page["pagination"]["next"]).json
    assert [each["name"] for each in page["sandboxes"]] == [first] and page["pagination"]["next"] is None


def test_sparse_pages(connected: Any) -> None:
    with RunningEmulator("vercel", "--delay", "0", "--sparse-pages") as emulator:
        api = connected(emulator)
        wanted = api.create(tags={"list": "this"})[0]
        api.create()
        empty = api("GET", "/v2/sandboxes", limit="1", tags="list:this").json
        assert empty["sandboxes"] == []
        page = api("GET", "/v2/sandboxes", limit="1", tags="list:this", cursor=empty["pagination"]["next"]).json
        assert [each["name"] for each in page["sandboxes"]] == [wanted] and page["pagination"]["next"] is None


def test_teams_and_projects(api: Any) -> None:
    name, session = api.create()
    for wrong in ({"teamId": None}, {"teamId": "team_other"}):
        answer = api("GET", f"/v2/sandboxes/{name}", **wrong)
        assert (answer.status, answer.code) == (403, "forbidden")
    assert api("GET", f"/v2/sandboxes/{name}", projectId=None).status == 400
    answer = api("GET", f"/v2/sandboxes/{name}", projectId="prj_other")
    assert (answer.status, answer.code) == (404, "not_found")
    api.token = "other"
    answer = api("GET", session)
    assert (answer.status, answer.code, answer.json["error"]["invalidToken"]) == (403, "forbidden", True)


def test_oidc(connected: Any) -> None:
    expiry = int(time.time()) + 600
    good = token(owner_id="team_emulated", project_id="prj_emulated", exp=expiry)
    other_team = token(owner_id="team_other", project_id="prj_emulated", exp=expiry)
    other_project = token(owner_id="team_emulated", project_id="prj_other", exp=expiry)
    options = [option for each in (good, other_team, other_project) for option in ("--token", each)]
    with RunningEmulator("vercel", "--delay", "0", *options) as emulator:
        api = connected(emulator)
        api.token = good
        name, session = api.create()
        assert api("GET", session).status == 200
        for wrong, status in ((other_team, 403), (other_project, 404), (token(exp=expiry), 403)):
            api.token = wrong
            assert api("GET", f"/v2/sandboxes/{name}").status == status
        api.token = good
        emulator.advance(601)
        assert api("GET", session).status == 403
