"""Holds the answers of a running fleet to its own OpenAPI document: every operation, and a problem of each."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator

base, key = sys.argv[1:3]


def send(method, path, body=None, content_type="application/json", accept=None, headers=None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method=method)
    request.add_header("Authorization", f"Bearer {key}")
    if data is not None:
        request.add_header("Content-Type", content_type)
    if accept:
        request.add_header("Accept", accept)
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


document = json.loads(send("GET", "/openapi.json")[2])
seen = set()


def resolve(node):
    while "$ref" in node:
        name = node["$ref"]
        node = document
        for part in name.removeprefix("#/").split("/"):
            node = node[part]
    return node


def check(operation, status, headers, body):
    """The answer is one that the document promises for the operation."""
    path, method = operation
    answers = document["paths"][path][method]["responses"]
    answer = resolve(answers.get(str(status)) or answers["default"])
    assert str(status) in answers or status >= 400, f"{method} {path}: {status} is not in the document"
    content = answer.get("content", {})
    media = (headers.get("Content-Type") or "").split(";")[0]
    if not content:
        assert not body, f"{method} {path}: {status} has a body that the document does not know"
    else:
        assert media in content, f"{method} {path}: {media} is not among {list(content)}"
        schema = content[media].get("schema", {})
        # Of chunks each line, or the data of each event, is a document of its own.
        parts = {"application/x-ndjson": body.splitlines(), "text/event-stream": event_data(body)}.get(media, [body])
        if media == "text/event-stream":
            schema = {"$ref": "#/components/schemas/Chunk"}
        for part in parts if media.endswith("json") or media == "text/event-stream" else []:
            whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"]}
            errors = list(Draft202012Validator(whole | schema).iter_errors(json.loads(part)))
            assert not errors, f"{method} {path} {status}: {errors[0].message} in {part[:300]}"
    seen.add(operation)
    if media in ("application/x-ndjson", "text/event-stream"):
        return [json.loads(part) for part in parts]
    return json.loads(body) if media.endswith("json") and body else body


def event_data(body):
    return [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: ")]


def call(method, template, expected, body=None, query="", ids=None, **more):
    path = template
    for name, value in (ids or {}).items():
        path = path.replace("{" + name + "}", value)
    status, headers, answer = send(method, path + query, body, **more)
    fits = status in expected if isinstance(expected, range) else status == expected
    assert fits, f"{method} {path}{query}: {status} {answer[:300]}"
    return check((template, method.lower()), status, headers, answer)


one = "/v1/sandboxes/{id}"
sandbox = call("POST", "/v1/sandboxes", 201, {"name": "contract", "env": {"A": "b"}, "tags": {"t": "1"}})
ids = {"id": sandbox["id"]}
call("GET", "/v1/sandboxes", 200, query="?limit=1")
call("GET", one, 200, ids=ids)
call("PATCH", one, 200, {"idleTimeoutMs": 600000, "metadata": {"m": "1"}}, ids=ids)
call("POST", one + "/commands", 200, {"command": "echo out; echo err >&2; exit 3"}, ids=ids)
missing = call("POST", one + "/commands", 200, {"command": "no-such", "args": []}, ids=ids)
assert missing["status"] == "failed" and missing["reason"] == "command_not_found", missing
call("POST", one + "/commands", 400, {"command": 1}, ids=ids)
for accept in ("application/x-ndjson", "text/event-stream"):
    chunks = call("POST", one + "/commands", 200, {"command": "echo out"}, ids=ids, accept=accept)
    assert [chunk["type"] for chunk in chunks] == ["status", "stdout", "exit"], chunks
once = {"command": "echo once", "operationId": "once"}
first, again = (call("POST", one + "/commands", 200, once, ids=ids) for _ in range(2))
assert first["processId"] == again["processId"] and first["stdout"] == again["stdout"] == "once\n", (first, again)
call("POST", one + "/commands", 409, once | {"command": "echo twice"}, ids=ids)

# A process: its row, its input, its output, its end.
processes, process = one + "/processes", "/v1/processes/{id}"
started = {"command": "cat; exit 4", "stdinOpen": True, "operationId": "cat", "metadata": {"m": "1"}}
row = call("POST", processes, 201, started, ids=ids)
pid = {"id": row["id"]}
assert call("POST", processes, 200, started, ids=ids)["id"] == row["id"]
call("POST", processes, 409, started | {"command": "cat"}, ids=ids)
call("POST", processes, 400, {"command": "a\0b"}, ids=ids)
call("POST", processes, 404, started, ids={"id": "01hzzzzzzzzzzzzzzzzzzzzzzz"})
assert call("GET", processes, 200, query="?status=running", ids=ids)["items"][0]["id"] == row["id"]
call("GET", processes, 400, query="?status=none", ids=ids)
binary = {"content_type": "application/octet-stream"}
assert call("POST", process + "/stdin", 200, b"hello\n", ids=pid, **binary) == {"offset": 6, "ended": False}
assert call("POST", process + "/stdin", 200, b"lo\n", "?offset=3", pid, **binary)["offset"] == 6
gap = call("POST", process + "/stdin", 409, b"x", "?offset=9", pid, **binary)
assert gap["code"] == "stdin_offset" and gap["details"]["offset"] == "6", gap
assert call("POST", process + "/wait", 200, query="?timeoutMs=20", ids=pid)["status"] == "running"
assert call("POST", process + "/stdin", 200, b"", "?end=true", pid, **binary) == {"offset": 6, "ended": True}
row = call("POST", process + "/wait", 200, ids=pid)
assert (row["status"], row["exitCode"], row["stdoutBytes"]) == ("exited", 4, 6), row
assert call("GET", process, 200, ids=pid)["chunkCount"] == 3
call("GET", process, 404, ids=ids)
late = call("POST", process + "/stdin", 409, b"x", ids=pid, **binary)
assert late["code"] == "process_ended" and late["details"]["status"] == "exited", late
whole = call("GET", process + "/output", 200, query="?follow=true", ids=pid)
assert [chunk["seq"] for chunk in whole] == [1, 2, 3] and whole[1]["data"] == {"text": "hello\n", "offset": 0}, whole
part = call("GET", process + "/output", 200, query="?stdout=3", ids=pid)
assert part[0]["data"] == {"text": "lo\n", "offset": 3} and part[-1]["type"] == "exit", part
events = call("GET", process + "/output", 200, ids=pid, accept="text/event-stream", headers={"Last-Event-ID": "2"})
assert [chunk["seq"] for chunk in events] == [3], events
assert call("GET", process + "/output", 416, query="?from=9", ids=pid)["details"]["lastSeq"] == "3"
call("GET", process + "/output", 400, query="?from=-1", ids=pid)
call("POST", process + "/signal", 409, {"signal": "TERM"}, ids=pid)
call("POST", process + "/cancel", 200, ids=pid)

# A terminal, signals, cancelling.
terminal = call("POST", processes, 201, {"command": "sleep 1000", "pty": {"rows": 3, "columns": 4}}, ids=ids)
pid = {"id": terminal["id"]}
assert terminal["pty"] and terminal["status"] == "running", terminal
call("POST", process + "/resize", 204, {"rows": 5, "columns": 6}, ids=pid)
call("POST", process + "/resize", 400, {"rows": 0, "columns": 6}, ids=pid)
call("POST", process + "/signal", 400, {"signal": "NOPE"}, ids=pid)
call("POST", process + "/signal", 200, {"signal": "SIGCONT"}, ids=pid)
row = call("POST", process + "/cancel", 200, {"graceMs": 100}, ids=pid)
assert (row["status"], row["reason"]) == ("killed", "cancelled"), row

# Another program's process.
observed = {"command": "codex", "kind": "codex-app-server", "operationId": "observed"}
row = call("POST", processes + "/observed", 201, observed, ids=ids)
pid = {"id": row["id"]}
assert call("POST", processes + "/observed", 200, observed, ids=ids)["id"] == row["id"]
call("POST", processes + "/observed", 409, observed | {"command": "x"}, ids=ids)
chunks = {"chunks": [{"type": "stdout", "text": "a"}, {"type": "metadata", "data": {"b": 1}}], "seq": 2}
for _ in range(2):
    assert call("POST", process + "/chunks", 200, chunks, ids=pid) == {"firstSeq": 2, "lastSeq": 3}
call("POST", process + "/chunks", 409, chunks | {"seq": 9}, ids=pid)
call("POST", process + "/chunks", 400, {"chunks": []}, ids=pid)
call("POST", process + "/signal", 422, {"signal": "TERM"}, ids=pid)
assert call("POST", process + "/finish", 200, {"exitCode": 7}, ids=pid)["exitCode"] == 7
call("POST", process + "/finish", 409, {"exitCode": 8}, ids=pid)
call("POST", process + "/chunks", 409, chunks | {"seq": 5}, ids=pid)
call("POST", process + "/finish", 422, {"exitCode": 7}, ids={"id": terminal["id"]})
assert [chunk["type"] for chunk in call("GET", process + "/output", 200, ids=pid)] == [
    "status",
    "stdout",
    "metadata",
    "exit",
]
call("PUT", one + "/files", 200, b"content", "?path=file", ids, content_type="application/octet-stream")
assert call("GET", one + "/files", 200, query="?path=file", ids=ids) == b"content"
call("GET", one + "/files", 404, query="?path=absent", ids=ids)
if "head" in document["paths"][one + "/files"]:
    call("HEAD", one + "/files", 200, query="?path=file", ids=ids)
assert all(item["path"] for item in call("GET", one + "/dir", 200, query="?path=.", ids=ids)["items"])
for special in ("/dev/null", "/proc/self/mem", "/dev/full", "/sys/kernel/x"):
    call("PUT", one + "/files", range(400, 500), b"x", "?path=" + special, ids, **binary)
tar = call("GET", one + "/files", 200, query="?path=.", ids=ids, accept="application/x-tar")
call("POST", one + "/files:batch", 200, tar, "?path=copy", ids, content_type="application/x-tar")
call("DELETE", one + "/files", 204, query="?path=file", ids=ids)

# Saved workspaces: made, found again, restored, forked, begun with, deleted.
checkpoints, checkpoint = one + "/checkpoints", "/v1/checkpoints/{checkpoint}"
wish = {"comment": "before", "expiresInMs": 3600000}
once = {"headers": {"X-Operation-Id": "save-1"}}
saved = call("POST", checkpoints, 201, wish, ids=ids, **once)
assert (saved["status"], saved["sandboxId"], saved["comment"]) == ("ready", ids["id"], "before"), saved
assert call("POST", checkpoints, 200, wish, ids=ids, **once)["id"] == saved["id"]
call("POST", checkpoints, 409, {"comment": "after"}, ids=ids, **once)
call("POST", checkpoints, 400, {"expiresInMs": -1}, ids=ids)
call("POST", checkpoints, 404, {}, ids={"id": "01hzzzzzzzzzzzzzzzzzzzzzzz"})
second = call("POST", checkpoints, 201, ids=ids)
assert [item["id"] for item in call("GET", checkpoints, 200, ids=ids)["items"]] == [second["id"], saved["id"]]
page = call("GET", "/v1/checkpoints", 200, query="?limit=1")
assert len(page["items"]) == 1 and page["nextCursor"], page
cp = {"checkpoint": saved["id"]}
assert call("GET", checkpoint, 200, ids=cp)["id"] == saved["id"]
call("GET", checkpoint, 404, ids={"checkpoint": ids["id"]})
call("PUT", one + "/files", 200, b"changed", "?path=copy/file", ids, content_type="application/octet-stream")
call("PUT", one + "/files", 200, b"new", "?path=new", ids, content_type="application/octet-stream")
assert call("POST", one + "/checkpoints/{checkpoint}/restore", 200, ids=ids | cp)["status"] == "active"
call("GET", one + "/files", 404, query="?path=new", ids=ids)
call("POST", one + "/checkpoints/{checkpoint}/restore", 404, ids=ids | {"checkpoint": ids["id"]})
keyed = {"headers": {"Idempotency-Key": "fork-1"}}
fork = call("POST", one + "/fork", 201, {"name": "fork"}, ids=ids, **keyed)
assert call("POST", one + "/fork", 200, {"name": "fork"}, ids=ids, **keyed)["id"] == fork["id"] != ids["id"]
call("POST", one + "/fork", 409, {"name": "other"}, ids=ids, **keyed)
call("POST", one + "/fork", 400, {"provider": "local"}, ids=ids)
begun = call("POST", "/v1/sandboxes", 201, {"fromCheckpoint": saved["id"], "persistent": False})
call("POST", "/v1/sandboxes", 404, {"fromCheckpoint": ids["id"]})
call("POST", one + "/drain", 422, ids={"id": begun["id"]})
for other in (fork, begun):
    call("DELETE", one, 204, ids={"id": other["id"]})
call("DELETE", one + "/checkpoints/{checkpoint}", 204, ids=ids | cp)
call("DELETE", checkpoint, 204, ids={"checkpoint": second["id"]})
call("DELETE", checkpoint, 404, ids={"checkpoint": ids["id"]})
zstd = {"content_type": "application/zstd"}
archive = call("GET", one + "/export", 200, ids=ids)
assert call("POST", one + "/import", 200, archive, "?replace=true", ids, **zstd) == {"bytes": len(archive)}
call("POST", one + "/import", 400, b"no archive", ids=ids, **zstd)
call("POST", one + "/import", 415, b"{}", ids=ids)
assert call("POST", one + "/drain", 200, ids=ids)["status"] == "paused"
assert call("POST", one + "/commands", 200, {"command": "true"}, ids=ids)["exitCode"] == 0
events = call("GET", one + "/history", 200, query="?limit=200", ids=ids)["items"]
assert {"sandbox.created", "checkpoint.published", "sandbox.paused"} <= {event["kind"] for event in events}, events
call("GET", one + "/history", 404, ids={"id": "01hzzzzzzzzzzzzzzzzzzzzzzz"})
call("GET", one + "/history", 400, query="?cursor=x", ids=ids)
swept = call("POST", "/v1/fleet/sweep", 200, {"dryRun": True})
assert not swept["unreached"] and not any(box["deleted"] for box in swept["boxes"]), swept
call("POST", "/v1/fleet/sweep", 400, {"dry": True})
call("POST", one + "/stop", 200, ids=ids)
call("POST", one + "/commands", 409, {"command": "true"}, ids=ids)
call("POST", one + "/connect", 200, ids=ids)
status, headers, body = send("POST", one.replace("{id}", ids["id"]) + "/keepalive", {"durationMs": 1000})
assert status < 300, body
check((one + "/keepalive", "post"), status, headers, body)
call("GET", one + "/ports/{port}", 422, ids=ids | {"port": "8080"})
call("GET", one + "/ports/{port}", 400, ids=ids | {"port": "x"})
call("DELETE", one, 204, ids=ids)
call("GET", one, 404, ids=ids)
call("GET", one + "/ports/{port}", 404, ids=ids | {"port": "8080"})
made = call("POST", "/v1/keys", 201, {"name": "k", "scopes": ["read"]})
call("GET", "/v1/keys", 200)
call("DELETE", "/v1/keys/{id}", 204, ids={"id": made["id"]})
# Whether or not this fleet lets agents in.
agent, nobody = "/v1/agents/{id}", {"id": "01hzzzzzzzzzzzzzzzzzzzzzzz"}
enrollment = "/v1/agents/enrollments/{id}"
call("POST", "/v1/agents/enrollments", 400, {"labels": []})
call("GET", "/v1/agents/enrollments", 200)
call("GET", enrollment, 404, ids=nobody)
call("DELETE", enrollment, 404, ids=nobody)
call("POST", "/v1/agents/enroll", 400, {"token": "sfe_x"})
call("POST", agent + "/challenge", 200, ids=nobody)
call("POST", agent + "/sessions", 400, {"challenge": "1.x"}, ids=nobody)
call("GET", "/v1/agents", 200, query="?state=online&label=gpu%3Dyes")
call("GET", agent, 404, ids=nobody)
call("PATCH", agent, 404, {"name": "x"}, ids=nobody)
call("DELETE", agent, 404, ids=nobody)
call("GET", agent + "/history", 404, ids=nobody)
call("POST", "/v1/sandboxes", 404, {"provider": "selfhosted", "agent": "nobody"})
for path in ("/v1/fleet", "/v1/providers", "/healthz", "/readyz", "/metrics", "/openapi.json"):
    call("GET", path, 200)

operations = {(path, method) for path, item in document["paths"].items() for method in item if method != "parameters"}
missing = operations - seen
assert not missing, f"operations without a checked answer: {sorted(missing)}"
print(f"ok: {len(seen)} operations")
