"""Connections that change their protocol, well and badly. Prints its port when it listens.

    upgrades.py plain | unix <path> | tls <certificate> <key> [<authority of clients>] | proxy <port>
"""

import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time

BLOCK = bytes(range(256)) * 1024


class Connection:
    def __init__(self, peer):
        self.peer = peer
        self.file = peer.makefile("rb")

    def request(self):
        line = self.file.readline().decode().split()
        headers = {}
        while text := self.file.readline().decode().strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get("content-length", 0)))
        return line[0], line[1], headers, body

    def say(self, text):
        self.peer.sendall(text.encode() if isinstance(text, str) else text)

    def switch(self, extra=""):
        self.say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" if extra == "interim" else "")
        self.say("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n")

    def serve(self):
        method, path, headers, body = self.request()
        name, _, argument = path[1:].partition("?")[0].partition("/")
        getattr(self, "route_" + name)(argument, method, headers, body)

    def echo(self):
        while data := self.file.read1(1 << 16):
            self.peer.sendall(data)

    def route_tcp(self, _, method, headers, body):
        """Tells what was asked, then echoes, and says goodbye to who has finished."""
        self.switch("interim")
        said = {"method": method, "upgrade": headers.get("upgrade"), "host": headers.get("host"), "body": body.decode()}
        self.say(json.dumps(said) + "\n")
        self.echo()
        self.say("goodbye")

    def route_echo(self, *_):
        self.switch()
        self.echo()

    def route_plain(self, *_):
        """As older engines do: no 101."""
        self.say("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nraw")

    def route_source(self, size, *_):
        self.switch()
        remaining = int(size)
        while remaining:
            count = min(remaining, len(BLOCK))
            self.peer.sendall(BLOCK[:count])
            remaining -= count

    def route_sink(self, pause, *_):
        """Reads slowly to the end, then tells what it got."""
        self.switch()
        digest, size = hashlib.sha256(), 0
        while data := self.file.read1(1 << 18):
            digest.update(data)
            size += len(data)
            if pause and size % 64 == 0:
                time.sleep(float(pause))
        self.say(json.dumps({"size": size, "sha256": digest.hexdigest()}))

    def route_cut(self, *_):
        self.switch()
        self.say("part")

    def route_reset(self, *_):
        self.switch()
        self.say("part")
        # The client has read this before it asks for more.
        self.file.read1(1)
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def route_silent(self, *_):
        """No answer; tells the next caller of /left when this one has left."""
        self.file.read1(1)
        left.set()

    def open_socket(self, headers):
        accept = hashlib.sha1((headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 f"Sec-WebSocket-Accept: {base64.b64encode(accept).decode()}\r\n\r\n")

    def route_ordered(self, count, _, headers, __):
        """A WebSocket that asks, reads once /go was called, and tells how many of so many data frames came before a ping and a pong."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        self.open_socket(headers)
        self.say(b"\x89\x02hi")
        go.wait(60)
        data, before = 0, {}
        while data < int(count) or len(before) < 2:
            first, second = self.file.read(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
            self.file.read(4 + length)
            kind = {9: "ping", 10: "pong"}.get(first & 0x0F)
            if kind:
                before.setdefault(kind, data)
            else:
                data += 1
        text = json.dumps(before).encode()
        self.say(bytes([0x81, len(text)]) + text)
        self.file.read1(1)

    def route_go(self, *_):
        go.set()
        self.say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def route_unread(self, _, __, headers, ___):
        """A WebSocket that never reads."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        self.open_socket(headers)
        go.wait(60)

    def route_deaf(self, _, method, headers, body):
        """A WebSocket that opens and then says nothing."""
        self.open_socket(headers)
        while self.file.read1(1 << 16):
            pass
        left.set()

    def route_impostor(self, *_):
        self.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Accept: bm90IHRoZSBrZXk=\r\n\r\n")
        self.file.read1(1)

    def route_left(self, *_):
        body = json.dumps({"left": left.wait(10)})
        left.clear()
        self.say(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}")

    def route_half(self, *_):
        self.say("HTTP/1.1 101 UPGR")

    def route_noise(self, *_):
        self.say("SSH-2.0-OpenSSH\r\n")
        self.file.read1(1)

    def route_endless(self, *_):
        self.say("HTTP/1.1 101 UPGRADED\r\n")
        while True:
            self.say("X-More: " + "x" * 1000 + "\r\n")

    def route_refuse(self, how, *_):
        body = json.dumps({"message": "no such exec"})
        if how == "401":
            self.say(f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: {len(body)}\r\n\r\n{body}")
            # Keeps the connection, as servers do.
            self.file.read1(1)
        elif how == "chunked":
            self.say("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")
            for part in (body[:5], body[5:]):
                self.say(f"{len(part):x}\r\n{part}\r\n")
            self.say("0\r\n\r\n")
            self.file.read1(1)
        elif how == "close":
            self.say(f"HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n{body}")
        else:
            self.say("HTTP/1.1 500 Oh\r\n\r\n")
            while True:
                self.say(BLOCK)


class Tunnel(Connection):
    """A proxy that leads every name to one port, and answers plain requests itself."""

    def serve(self):
        method, path, headers, _ = self.request()
        if method != "CONNECT":
            body = json.dumps({"asked": path, "proxyAuthorization": headers.get("proxy-authorization")})
            self.say(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}")
            return
        far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
        self.say("HTTP/1.1 200 Connection established\r\n\r\n")

        def copy(read, write):
            while data := read(1 << 16):
                write.sendall(data)
            write.shutdown(socket.SHUT_WR)

        other = threading.Thread(target=copy, args=(far.recv, self.peer), daemon=True)
        other.start()
        copy(self.file.read1, far)
        other.join()


left = threading.Event()
go = threading.Event()


def handle(peer, context, kind):
    try:
        if context:
            peer = context.wrap_socket(peer, server_side=True)
        if peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = kind(peer)
        connection.serve()
        connection.file.close()
    except (OSError, ValueError, IndexError):
        pass
    finally:
        peer.close()


def main():
    mode = sys.argv[1]
    context = None
    if mode == "unix":
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[2])
    else:
        server = socket.create_server(("127.0.0.1", 0))
    if mode == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        if len(sys.argv) > 4:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(sys.argv[4])
    server.listen(512)
    print(0 if mode == "unix" else server.getsockname()[1], flush=True)
    kind = Tunnel if mode == "proxy" else Connection
    while True:
        peer, _ = server.accept()
        threading.Thread(target=handle, args=(peer, context, kind), daemon=True).start()


main()
