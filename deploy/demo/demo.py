"""The main job through the public HTTP API: create, upload, compile, run, stream, download, compare, stop."""

import hashlib
import http.client
import io
import json
import os
import sys
import tarfile
import time
import urllib.parse


class Fleet:
    """A fleet's HTTP API, one connection a request."""

    def __init__(self, document: str) -> None:
        with open(document, encoding="utf-8") as file:
            fleet = json.load(file)
        address = urllib.parse.urlsplit(fleet["url"])
        self.host, self.port = address.hostname, address.port
        self.headers = {"Authorization": "Bearer " + fleet["apiKey"]}

    def send(self, method: str, path: str, body=None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=600)
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=self.headers | extra)
        answer = connection.getresponse()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {answer.read().decode(errors='replace')}")
        return answer

    def json(self, method: str, path: str, body=None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        return json.load(self.send(method, path, data, Content_Type="application/json"))

    def stream(self, path: str, body: dict, show) -> dict:
        """Runs a command; hands on its output as it appears and returns how it ended."""
        answer = self.send(
            "POST", path, json.dumps(body).encode(), Content_Type="application/json", Accept="application/x-ndjson"
        )
        for line in answer:
            chunk = json.loads(line)
            if chunk["type"] in ("stdout", "stderr"):
                show(chunk["data"].get("text", ""))
            elif chunk["type"] in ("exit", "error"):
                return chunk["data"]
        sys.exit("the stream ended without an exit")


class Report:
    """Steps as they happen, and a table of their times at the end."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, str]] = []

    def step(self, name: str, work):
        print(f"\n── {name}", flush=True)
        began = time.monotonic()
        value, note = work()
        self.rows.append((name, time.monotonic() - began, note))
        return value

    def print(self) -> None:
        print("\nstep                                  time  note")
        for name, seconds, note in self.rows:
            shown = f"{seconds * 1000:8.1f} ms" if seconds < 10 else f"{seconds:8.1f} s "
            print(f"{name:<30} {shown:>12}  {note}")


def source(repository: str) -> bytes:
    """This repository's own sources as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("Package.swift", "Sources", "Services", "proto", "deploy"):
            archive.add(os.path.join(repository, name), arcname=name)
    return buffer.getvalue()


def main(document: str, repository: str, tools: str, started: str, provider: str) -> None:
    fleet = Fleet(document)
    report = Report()
    report.rows.append(("start the fleet", time.time() - float(started), "postgres, nats, gateway, worker, reaper"))

    def create():
        sandbox = fleet.json("POST", "/v1/sandboxes", {"provider": provider, "purpose": "demo"})
        return sandbox["id"], f"{provider}: {sandbox['id']}"

    sandbox = report.step("create a sandbox", create)
    base = f"/v1/sandboxes/{sandbox}"

    def upload():
        tar = source(repository)
        fleet.send("POST", f"{base}/files:batch?path=source", tar, Content_Type="application/x-tar").read()
        return None, f"{len(tar) / 1e6:.1f} MB as tar"

    report.step("upload this repository", upload)

    def run(command: str):
        def show(text: str) -> None:
            sys.stdout.write(text)
            sys.stdout.flush()

        end = fleet.stream(f"{base}/commands", {"command": command, "cwd": "/workspace/source"}, show)
        if end.get("exitCode") != 0:
            sys.exit(f"the command ended with {end}")
        return None, "streamed"

    report.step("compile in the sandbox", lambda: run(f"PATH={tools}:$PATH sh deploy/demo/compile.sh"))
    report.step("run what was compiled", lambda: run("./ids 200000 | tee ../ids.txt | tail -n 3"))

    def download():
        content = fleet.send("GET", f"{base}/files?path=ids.txt").read()
        inside = fleet.json("POST", f"{base}/commands", {"command": "sha256sum ids.txt"})["stdout"].split()[0]
        outside = hashlib.sha256(content).hexdigest()
        if inside != outside:
            sys.exit(f"digests differ: {inside} inside, {outside} outside")
        return None, f"{len(content) / 1e6:.1f} MB, sha256 {outside[:16]}… on both sides"

    report.step("download and compare", download)

    def stop():
        return fleet.json("POST", f"{base}/stop"), "files kept"

    report.step("stop the sandbox", stop)
    fleet.send("DELETE", base).read()
    report.print()


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        Fleet(sys.argv[2]).send("GET", "/readyz").read()
    else:
        main(*sys.argv[1:])
