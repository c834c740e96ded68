"""Speaks the public API over processes and files of this host, plus the oddities that a client must survive.

Prints its port when it listens; ends with its standard input.
"""

import base64
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

sys.dont_write_bytecode = True

from agents import Agents
from cuts import Cuts, CutWriter
from files import FileRoutes
from oddities import Oddity
from processes import NOW, REQUEST_FIELDS, START_FIELDS, Observed, Problem, Process, Record
from workspaces import Boxes, Ledger

KEY = "test-key"
root = Path(tempfile.mkdtemp())
sandboxes, order, created_by, keys = {}, [], {}, {}
processes, started_by, requests = {}, {}, []
numbers = itertools.count(1)
cuts = Cuts()
settings = {"heartbeat": 15.0, "stingy": None, "sent": 0}
flaky = {"left": 2}
lock = threading.Lock()


def new_id():
    return format(next(numbers), "026d")


ledger, boxes = Ledger(root, new_id), Boxes()
agents = Agents(new_id, NOW, Problem)


class Handler(FileRoutes, BaseHTTPRequestHandler):
    root = root
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    # Answers

    def answer(self, value, status=200, kind="application/json"):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page(self, found):
        # Small pages, so that every list of a test has several.
        start, size = self.number("cursor", 0), 2
        rest = start + size < len(found)
        self.answer({"items": found[start:start + size], "nextCursor": str(start + size) if rest else None})

    def nothing(self):
        self.send_response(204)
        self.end_headers()

    def begin_stream(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, data):
        if data:
            settings["sent"] += len(data)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")

    # Requests

    def number(self, name, default=None):
        """A query parameter that is a number; the contract knows no negative ones."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit():
            raise Problem(400, "invalid_request", f"{name} is not a number: {text}.")
        return int(text)

    def chunks(self):
        if self.was_read:
            return
        self.was_read = True
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline() or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            if not self.rfile.readline():
                raise BrokenPipeError
        else:
            remaining = int(self.headers.get("Content-Length") or 0)
            while remaining:
                data = self.rfile.read(min(remaining, 1 << 18))
                remaining -= len(data)
                yield data

    def document(self):
        return json.loads(b"".join(self.chunks()) or b"{}")

    def dispatch(self):
        self.was_read = False
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = [unquote(part) for part in url.path.split("/")[1:]]
        whole = self.wfile
        try:
            if path == ["readyz"]:
                return self.answer({"status": "ready"})
            if path[0] == "test":
                return getattr(self, "test_" + path[1])()
            if self.headers.get("Authorization") != "Bearer " + KEY:
                raise Problem(401, "unauthenticated", "The key is not known.", "Check SANDFLEET_API_KEY.")
            with lock:
                requests.append(f"{self.command} {self.path}")
            cut = cuts.next(path[-1])
            if cut == "before":
                Cuts.breaks(self.connection, hard=True)
                raise BrokenPipeError
            if cut == "refuse":
                raise Problem(503, "bus_unavailable", "Try again.")
            if cut is not None:
                self.wfile = CutWriter(self, cut)
            self.route(self.command, path[1:])
        except Problem as problem:
            for _ in self.chunks():
                pass
            self.answer({
                "type": "about:blank", "title": "Problem", "status": problem.status, "detail": problem.detail,
                "code": problem.code, "hint": problem.hint, "requestId": "req-1", "extra": {"unknown": True},
            } | problem.members, problem.status, "application/problem+json")
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True
        finally:
            self.wfile = whole

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = dispatch

    def route(self, method, path):
        match (method, path):
            case ("POST", ["sandboxes"]): self.create()
            case ("GET", ["sandboxes"]): self.list_sandboxes()
            case ("GET", ["sandboxes", name, "history"]) if name in ledger.events: self.page(ledger.events[name])
            case (_, ["sandboxes", name, *rest]):
                if name not in sandboxes:
                    raise Problem(404, "sandbox_not_found", f"There is no sandbox {name}.")
                self.sandbox(method, sandboxes[name], rest)
            case (_, ["processes", name, *rest]):
                if name not in processes:
                    raise Problem(404, "process_not_found", f"There is no process {name}.",
                                  "GET /v1/sandboxes/{id}/processes lists them.")
                self.process(method, processes[name], rest)
            case ("GET", ["checkpoints"]): self.page(list(reversed(ledger.checkpoints.values())))
            case ("GET", ["checkpoints", name]): self.answer(ledger.found(name))
            case ("DELETE", ["checkpoints", name]):
                ledger.delete(name)
                self.nothing()
            case ("POST", ["fleet", "sweep"]): self.answer(boxes.sweep(self.document()["dryRun"]))
            case ("GET", ["providers"]):
                self.answer({"items": [{"name": "local", "default": True, "os": "linux", "pty": False,
                                        "can": {"exec": {"supported": True},
                                                "ports": {"supported": False, "reason": "not forwarded"}}}]})
            case ("GET", ["fleet"]):
                self.answer({
                    "services": [{"name": "gateway", "id": "g1", "version": "1", "startedAt": NOW}],
                    "workers": [{"id": "w1", "name": "worker", "host": "h", "providers": ["local"],
                                 "heartbeatAgeMs": 12, "state": "live", "sandboxes": 1}],
                })
            case (_, ["agents", *rest]):
                status, document = agents.route(method, rest, self.document, self.query)
                self.answer(document, status) if document is not None else self.nothing()
            case ("GET", ["keys"]): self.answer({"items": list(keys.values()), "nextCursor": None})
            case ("POST", ["keys"]):
                key = {"id": new_id(), "createdAt": NOW} | self.document()
                keys[key["id"]] = key
                self.answer(key | {"key": "secret-" + key["name"]}, 201)
            case ("DELETE", ["keys", key]):
                if not keys.pop(key, None):
                    raise Problem(404, "not_found", "There is no such key.")
                self.nothing()
            case _: raise Problem(404, "not_found", "No such route.")

    # Oddities

    def test_cut(self):
        cuts.plan(int(self.query["seed"]), int(self.query["count"]), int(self.query["reach"]), self.query.get("routes"))
        self.answer({})

    def test_cuts(self):
        self.answer({"left": cuts.left})

    def test_set(self):
        settings.update({name: json.loads(value) for name, value in self.query.items()})
        self.answer({})

    def test_sent(self):
        self.answer({"sent": settings["sent"]})

    def test_expire(self):
        processes[self.query["process"]].expired = True
        self.answer({})

    def test_away(self):
        boxes.is_away = True
        self.answer({})

    def test_starts(self):
        self.answer({"items": [process.body for process in processes.values()]})

    def test_requests(self):
        with lock:
            self.answer({"items": requests})

    def test_restart(self):
        """Nobody listens for a while, and every connection is broken."""
        self.answer({})
        self.close_connection = True
        threading.Thread(target=self.server.pause, args=(float(self.query["seconds"]),), daemon=True).start()

    def test_html(self):
        self.send_response(502)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    # Sandboxes

    def create(self):
        request = self.document()
        with lock:
            if flaky["left"] and request.get("purpose") == "flaky":
                flaky["left"] -= 1
                raise Problem(503, "overloaded", "Try again.")
        checkpoint = request.get("fromCheckpoint")
        self.answer(self.add(request, checkpoint and ledger.found(checkpoint, usable=True)["id"]), 201)

    def fork(self, box):
        request = self.document()
        checkpoint = request.get("checkpoint")
        source = ledger.found(checkpoint, usable=True)["id"] if checkpoint else box["id"]
        self.answer(self.add({"persistent": box["persistent"], "tags": box["tags"]} | request, source), 201)

    def add(self, request, source):
        """The sandbox of this key, once, with files where it begins with some."""
        with lock:
            key = self.headers["Idempotency-Key"]
            if key in created_by:
                return sandboxes[created_by[key]]
            name = request.get("name")
            if name and any(box["name"] == name for box in sandboxes.values()):
                raise Problem(409, "name_taken", f"The name {name} is taken.", "Choose another, or pass reuse.")
            box = {
                "id": new_id(), "provider": request.get("provider", "local"), "status": "active", "name": name,
                "externalSandboxId": "box", "image": None, "resources": request.get("resources", {}),
                "persistent": request.get("persistent", True), "metadata": request.get("metadata", {}),
                "tags": request.get("tags", {}), "networkPolicy": request.get("networkPolicy", "none"),
                **agents.placed(request), "timeoutMs": request.get("timeoutMs"), "idleTimeoutMs": None, "expiresAt": None,
                "createdAt": NOW, "updatedAt": "2026-01-02T03:04:05Z", "shutdownAt": None,
                "fromTheFuture": {"unknown": [1, 2]},
            }
            (root / box["id"]).mkdir()
            if source:
                ledger.fill(box, source)
            sandboxes[box["id"]] = box
            order.insert(0, box["id"])
            created_by[key] = box["id"]
            ledger.note(box["id"], "sandbox.created")
            return box

    def list_sandboxes(self):
        found = [sandboxes[name] for name in order if name in sandboxes]
        if wanted := self.query.get("status"):
            found = [box for box in found if box["status"] == wanted]
        self.page(found)

    def sandbox(self, method, box, rest):
        match (method, rest):
            case ("GET", []): self.answer(box)
            case ("PATCH", []):
                box.update(self.document())
                self.answer(box)
            case ("DELETE", []):
                self.remove(box)
            case ("POST", ["stop"]) if not box["persistent"]:
                self.remove(box)
            case ("POST", ["connect" | "stop" as verb]):
                box["status"] = "active" if verb == "connect" else "shutdown"
                ledger.note(box["id"], "sandbox.active" if verb == "connect" else "sandbox.stopped", reason="api")
                self.answer(box)
            case ("POST", ["drain"]):
                ledger.drain(box)
                self.answer(box)
            case ("POST", ["keepalive"]):
                box["keptMs"] = self.document()["durationMs"]
                self.nothing()
            case ("POST", ["fork"]): self.fork(box)
            case ("POST", ["checkpoints"]):
                self.answer(ledger.save(box, self.document(), self.headers["X-Operation-Id"]), 201)
            case ("GET", ["checkpoints"]):
                self.page([one for one in reversed(ledger.checkpoints.values()) if one["sandboxId"] == box["id"]])
            case ("DELETE", ["checkpoints", name]):
                ledger.delete(name)
                self.nothing()
            case ("POST", ["checkpoints", name, "restore"]):
                ledger.restore(box, name, self.headers["X-Operation-Id"])
                self.answer(box)
            case ("GET", ["export"]):
                self.begin_stream("application/zstd")
                self.send_chunk(ledger.exported(box))
                self.end_stream()
            case ("POST", ["import"]):
                ledger.take(box, b"".join(self.chunks()), self.query["replace"] == "true")
                self.nothing()
            case ("POST", ["commands"]): self.run(box, self.document())
            case ("POST", ["processes"]):
                process, existed = self.start(box, self.document(), START_FIELDS, "background")
                self.answer(process.view(), 200 if existed else 201)
            case ("POST", ["processes", "observed"]): self.observe(box, self.document())
            case ("GET", ["processes"]): self.list_processes(box)
            case (_, ["files"]): self.file(method, box)
            case ("POST", ["files:batch"]): self.unpack(box)
            case ("GET", ["dir"]): self.directory(box)
            case _: raise Problem(404, "not_found", "No such route.")

    def remove(self, box):
        del sandboxes[box["id"]]
        ledger.note(box["id"], "sandbox.deleted", reason="api")
        self.nothing()

    # Processes

    def start(self, box, body, fields, mode):
        if box["status"] == "shutdown":
            raise Problem(409, "sandbox_not_active", "The sandbox was stopped.",
                          f"POST /v1/sandboxes/{box['id']}/connect brings it back.")
        if box["status"] == "paused":
            box["status"] = "active"
        if unknown := set(body) - fields:
            raise Problem(400, "unknown_field", f"There is no field {sorted(unknown)[0]}.", "See /openapi.json.")
        make = lambda name: Oddity(name, box["id"], body) if body["command"].startswith("odd-") else Process(
            name, box["id"], body, root / box["id"], mode)
        return self.once(body, make)

    def once(self, body, make):
        """The process of this operation, and whether it was there before."""
        operation = body.get("operationId") or self.headers.get("X-Operation-Id")
        with lock:
            if operation in started_by:
                process = processes[started_by[operation]]
                if process.body != body:
                    raise Problem(409, "operation_conflict", "The operation was asked for with another body.")
                return process, True
            process = make(new_id())
            processes[process.row["id"]] = process
            if operation:
                started_by[operation] = process.row["id"]
            return process, False

    def observe(self, box, body):
        process, existed = self.once(body, lambda name: Observed(name, box["id"], body))
        self.answer(process.view(), 200 if existed else 201)

    def run(self, box, body):
        process, _ = self.start(box, body, REQUEST_FIELDS, "foreground")
        if self.headers.get("Accept") == "application/x-ndjson":
            return self.send_output(process, 1, {}, True)
        while not process.ended:
            process.wait(1)
        output = {name: process.tail(name) for name in ("stdout", "stderr")}
        row = process.view()
        self.answer({
            "processId": row["id"], "success": row["exitCode"] == 0, "durationMs": 1.5,
            "truncated": any(cut for _, cut in output.values()),
        } | {name: data.decode(errors="replace") for name, (data, _) in output.items()} | {
            name: row[name] for name in
            ("status", "exitCode", "signal", "reason", "message", "stdoutBytes", "stderrBytes", "outputOpen")
        })

    def list_processes(self, box):
        found = [process.view() for process in reversed(processes.values()) if process.row["sandboxId"] == box["id"]]
        for name in ("status", "kind"):
            if wanted := self.query.get(name):
                found = [row for row in found if row[name] == wanted]
        self.page(found)

    def process(self, method, process, rest):
        match (method, rest):
            case ("GET", []): self.answer(process.view())
            case ("GET", ["output"]): self.output(process)
            case ("POST", ["wait"]):
                process.wait(min(self.number("timeoutMs", 30_000), 300_000) / 1000)
                self.answer(process.view())
            case ("POST", ["stdin"]):
                data = b"".join(self.chunks())
                end = self.query.get("end") == "true"
                self.answer(process.write(self.number("offset"), data, end, settings["stingy"]))
            case ("POST", ["signal"]):
                process.signal(self.document()["signal"])
                self.answer(process.view())
            case ("POST", ["cancel"]):
                process.kill("cancelled", self.document().get("graceMs", 500) / 1000)
                self.answer(process.view())
            case ("POST", ["resize"]):
                process.resize(self.document())
                self.answer(process.view())
            case ("POST", ["chunks"]):
                body = self.document()
                self.answer(process.take(body["chunks"], body.get("seq")))
            case ("POST", ["finish"]):
                body = self.document()
                if process.ended:
                    raise Problem(409, "process_ended", "It has ended.", details={"status": process.row["status"]})
                process.end(body.pop("status"), **body)
                self.answer(process.view())
            case _: raise Problem(404, "not_found", "No such route.")

    def output(self, process):
        if process.expired:
            raise Problem(410, "output_expired", "The output is gone.")
        follow = self.query.get("follow") == "true"
        first = self.number("from", 1)
        offsets = {name: self.number(name) for name in ("stdout", "stderr") if name in self.query}
        last = len(process.chunks)
        if first < 1 or (first > last + 1 and not follow) or (first > last and process.ended):
            raise Problem(416, "out_of_range", f"The last chunk is {last}.", details={"lastSeq": last})
        self.send_output(process, first, offsets, follow)

    def send_output(self, process, first, offsets, follow):
        self.begin_stream("application/x-ndjson")
        if process.oddity:
            for piece in process.pieces(first):
                if piece is None:
                    raise BrokenPipeError
                if callable(piece):
                    return piece(self)
                self.send_chunk(piece)
            return self.end_stream()
        position = first - 1
        while True:
            with process.changed:
                if position >= len(process.chunks) and not process.ended and follow:
                    if not process.changed.wait(settings["heartbeat"]):
                        self.send_chunk(b'{"version":1,"type":"heartbeat"}\n')
                        continue
                chunks, is_over = process.chunks[position:], process.ended or not follow
            position += len(chunks)
            for chunk in chunks:
                if chunk := self.cut_to(offsets, chunk):
                    self.send_chunk(json.dumps(chunk, ensure_ascii=False).encode() + b"\n")
            if is_over and position >= len(process.chunks):
                return self.end_stream()

    @staticmethod
    def cut_to(offsets, chunk):
        """The part of a chunk that a reader by bytes has asked for."""
        name, data = chunk["type"], chunk["data"]
        if not offsets or name not in ("stdout", "stderr"):
            return chunk
        if name not in offsets:
            return None
        content = data["text"].encode() if "text" in data else base64.b64decode(data["base64"])
        rest = content[max(0, offsets[name] - data["offset"]):]
        if not rest:
            return None
        return chunk | {"data": Record.payload(rest) | {"offset": data["offset"] + len(content) - len(rest)}}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port=0):
        self.open = set()
        self.paused = None
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def pause(self, seconds):
        self.paused = seconds
        self.shutdown()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, ValueError)):
            super().handle_error(request, client_address)


def leave(*_):
    for process in processes.values():
        if isinstance(process, Process) and process.process:
            process.send(signal.SIGKILL)
    shutil.rmtree(root, ignore_errors=True)
    os._exit(0)


signal.signal(signal.SIGTERM, leave)
server = Server()
port = server.server_address[1]
print(port, flush=True)
while True:
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    for connection in list(server.open):
        try:
            connection.shutdown(2)
        except OSError:
            continue
    time.sleep(server.paused)
    server = Server(port)
