#!/usr/bin/env python3
"""Stands between a driver and an engine, and loses answers.

    proxy.py <socket of the engine>

It prints its port. `POST /_proxy/lose?match=TEXT` lets the engine do the next request whose line holds TEXT, and breaks the
connection in place of its answer. `POST /_proxy/turn?match=SOCKET` leads to another engine from now on. `POST /_proxy/stall`
lets nothing through any more, and ends no connection, until `POST /_proxy/flow`. `GET /_proxy/lines` tells the first lines of all requests.
"""

import contextlib
import json
import socket
import sys
import threading
import urllib.parse

engines = [sys.argv[1]]
lock = threading.Lock()
losing: list[str] = []
lines: list[str] = []
flowing = threading.Event()
flowing.set()


def control(line: str) -> bytes:
    target = urllib.parse.urlsplit(line.split(" ")[1])
    match = urllib.parse.parse_qs(target.query, keep_blank_values=True)["match"][0]
    if target.path.endswith("/stall"):
        flowing.clear()
    if target.path.endswith("/flow"):
        flowing.set()
    with lock:
        if target.path.endswith("/lose"):
            losing.append(match)
        if target.path.endswith("/turn"):
            engines.append(match)
        body = json.dumps({"lines": lines}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def head_of(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    return data


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(1 << 18):
            flowing.wait()
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client: socket.socket) -> None:
    """One request a connection: the engine is asked to close after its answer, but for upgrades."""
    with client:
        data = head_of(client)
        if not data:
            return
        line = data.split(b"\r\n", 1)[0].decode()
        if "/_proxy/" in line:
            client.sendall(control(line))
            return
        flowing.wait()
        head, rest = data.split(b"\r\n\r\n", 1)
        if b"upgrade:" not in head.lower():
            fields = [field for field in head.split(b"\r\n") if not field.lower().startswith(b"connection:")]
            head = b"\r\n".join([*fields, b"Connection: close"])
        with lock:
            lines.append(line)
            lost = next((match for match in losing if match in line), None)
            if lost is not None:
                losing.remove(lost)
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(engines[-1])
            engine.sendall(head + b"\r\n\r\n" + rest)
            upward = threading.Thread(target=pump, args=(client, engine), daemon=True)
            upward.start()
            if lost is not None:
                while engine.recv(65536):
                    pass
            else:
                pump(engine, client)
            # The other thread still reads: only this ends the connection.
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


def main() -> None:
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    print(server.getsockname()[1], flush=True)
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


main()
