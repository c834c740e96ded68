"""The API of a provider, with the troubles that clients must survive. Prints its port when it listens."""

import email.parser
import email.policy
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

seen = {}
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0

    def log_message(self, *arguments):
        pass

    def dispatch(self):
        parts = urlsplit(self.path)
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        names = parts.path[1:].split("/")
        getattr(self, "route_" + names[0])(*names[1:])

    do_GET = do_POST = do_PUT = do_DELETE = dispatch

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, value, status=200, **headers):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def count(self, name):
        with lock:
            seen[name] = seen.get(name, 0) + 1
            return seen[name]

    def route_count(self, name):
        self.answer({"count": seen.get(name, 0)})

    def route_series(self, name, *statuses):
        """Answers with one status after another."""
        self.body()
        count = self.count(name)
        status = int(statuses[min(count, len(statuses)) - 1])
        self.answer({"count": count}, status, Location="/count/other")

    def route_flaky(self, name, failures, status, after=""):
        """Fails so many times, then succeeds."""
        self.body()
        number = self.count(name)
        if number <= int(failures):
            headers = {"X_Request_Id": f"req-{number}"}
            if after:
                headers["Retry_After"] = after
            self.answer({"error": {"code": "oops", "message": "try later"}}, int(status), **headers)
        else:
            self.answer({"count": number})

    def route_lost(self, name, failures):
        """Does it, and loses the answer, so many times."""
        self.body()
        if self.count(name) <= int(failures):
            self.close_connection = True
        else:
            self.answer({"count": seen[name]})

    def route_slow(self, name, seconds):
        self.body()
        self.count(name)
        time.sleep(float(seconds))
        self.answer({"count": seen[name]})

    def route_echo(self, *names):
        data = self.body()
        self.answer({
            "method": self.command, "path": self.path, "query": self.query, "body": data.decode(),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        })

    def route_leak(self, status):
        """Repeats what it was sent, as careless providers do."""
        data = self.body().decode()
        self.answer({"message": f"bad token {self.headers.get('Authorization')} {data} {self.path}"}, int(status),
                    X_Request_Id="req-9")

    def route_refuse(self, status):
        self.body()
        self.answer({"message": "no"}, int(status))

    def route_page(self, status):
        self.answer(b"<html>Not here</html>", int(status), Content_Type="text/html")

    def route_garbage(self):
        self.body()
        self.answer(b'{"count": "many"')

    def route_lines(self, count):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        text = "".join(json.dumps({"number": number, "text": "ü" * number}) + ("\r\n" if number % 2 else "\n\n")
                       for number in range(int(count)))
        data = text.encode().rstrip(b"\r\n")
        for start in range(0, len(data), 7):
            piece = data[start:start + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def route_cutlines(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b'c\r\n{"number":0}\r\n1\r\n\n\r\n4\r\n{"nu\r\n')
        self.close_connection = True

    def route_upload(self):
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body())
        self.answer([
            {"name": part.get_param("name", header="content-disposition"), "filename": part.get_filename(),
             "type": part.get_content_type(), "size": len(part.get_payload(decode=True)),
             "sha256": hashlib.sha256(part.get_payload(decode=True)).hexdigest()}
            for part in message.iter_parts()
        ])

    def route_download(self, size):
        """Two files, the first of which looks like boundaries, and an error."""
        edge = "edge-of-parts"
        tricky = f"\r\n--{edge[:-1]}\r\n--\r\r\n--".encode() * (int(size) // 20)
        parts = [("file", "/a b", tricky), ("file", "/empty", b""), ("error", "/c", b'{"message":"gone"}')]
        data = b"preamble\r\n"
        for name, filename, content in parts:
            data += (f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                     f'X-Sha: {hashlib.sha256(content).hexdigest()}\r\n\r\n').encode() + content + b"\r\n"
        data += f"--{edge}--\r\nepilogue".encode()
        if size == "0":
            data = data[:-40]
        self.answer(data, Content_Type=f'multipart/form-data; boundary="{edge}"')

    def route_drip(self, status):
        """Refuses, and never comes to the end of its words."""
        self.send_response(int(status))
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"message": "no')
        time.sleep(60)

    def route_guarded(self, token):
        """For one token alone."""
        self.body()
        number = self.count("guarded")
        if self.headers.get("Authorization") != f"Bearer {token}":
            self.answer({"message": f"who is {self.headers.get('Authorization')}?"}, 401)
        else:
            self.answer({"count": number})

    def route_impostor(self, name):
        """Switches to something that is no WebSocket."""
        self.count(name)
        self.send_response(101)
        for field in (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Accept", "bm8=")):
            self.send_header(*field)
        self.end_headers()
        self.close_connection = True

    def route_socket(self, name, status):
        self.count(name)
        self.answer({"message": "no such exec"}, int(status))


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
