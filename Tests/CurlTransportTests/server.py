"""A small HTTP/1.1 server with the habits that a transport must survive. Prints its port when it listens."""

import hashlib
import json
import os
import select
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler

left = threading.Event()
counters = {"connections": 0, "lost": 0}
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with lock:
            counters["connections"] += 1
            self.number = counters["connections"]

    def address_string(self):
        return "client"

    def log_message(self, *arguments):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Twice", "one")
        self.send_header("x-twice", "two")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunks(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            remaining = int(self.headers.get("Content-Length") or 0)
            while remaining:
                data = self.rfile.read(min(remaining, 1 << 18))
                if not data:
                    return
                remaining -= len(data)
                yield data

    def dispatch(self):
        path, _, argument = self.path[1:].partition("/")
        getattr(self, "route_" + path)(argument)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = dispatch

    def route_echo(self, _):
        digest, size = hashlib.sha256(), 0
        for chunk in self.chunks():
            digest.update(chunk)
            size += len(chunk)
        self.answer({
            "method": self.command,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "size": size,
            "sha256": digest.hexdigest(),
            "connection": self.number,
        }, status=201 if self.command == "PUT" else 200)

    def route_interim(self, _):
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        self.answer({"after": "interim"})

    def route_bytes(self, size):
        remaining = int(size)
        self.send_response(200)
        self.send_header("Content-Length", size)
        self.end_headers()
        block = bytes(range(256)) * 1024
        while remaining:
            count = min(remaining, len(block))
            self.wfile.write(block[:count])
            remaining -= count

    def route_cut(self, framing):
        self.send_response(200)
        if framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n")
        else:
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"hello")
        self.close_connection = True

    def route_trailers(self, _):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"4\r\nbody\r\n0\r\nX-Digest: abc\r\nX-End: yes\r\n\r\n")

    def route_open(self, _):
        """A body that never ends; notes when its reader leaves."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.await_reader()

    def route_silent(self, _):
        """No answer at all."""
        self.await_reader()

    def await_reader(self):
        select.select([self.connection], [], [])
        self.close_connection = True
        left.set()

    def route_left(self, _):
        noted = left.wait(10)
        left.clear()
        self.answer({"left": noted})

    def route_lost(self, _):
        """Reads a request, and closes the connection without a response."""
        for _ in self.chunks():
            pass
        with lock:
            counters["lost"] += 1
        self.close_connection = True

    def route_counters(self, _):
        self.answer(counters)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class UnixHandler(Handler):
    disable_nagle_algorithm = False


class UnixServer(Server):
    address_family = socket.AF_UNIX


kind = sys.argv[1]
if kind == "unix":
    server = UnixServer(sys.argv[2], UnixHandler)
    print(0, flush=True)
else:
    server = Server(("127.0.0.1", 0), Handler)
    if kind == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)

server.serve_forever()
