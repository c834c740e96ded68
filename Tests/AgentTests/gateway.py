"""The part of a gateway that agents ask. Prints its port when it listens.

Usage: gateway.py FOLDER NATS_URL. What it answers is decided by the file FOLDER/mode: ok, older, agent_revoked, agent_conflict. The
token that it hands out lies in FOLDER/jwt.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER, NATS = sys.argv[1:3]
WORKSPACE = "01jc0000000000000000000wsp"
AGENT = "01jc0000000000000000000agt"
TOKEN = "sfe_01jc0000000000000000000enr_secret"


def setting(name, default):
    try:
        with open(os.path.join(FOLDER, name)) as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, detail):
        self.answer({"status": status, "code": code, "detail": detail}, status)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        with open(os.path.join(FOLDER, "requests"), "a") as file:
            file.write(json.dumps({"path": self.path, "body": body}) + "\n")
        if self.path == "/v1/agents/enroll":
            if body["token"] != TOKEN:
                return self.refuse(403, "enrollment_invalid", "The token is not known.")
            return self.answer({"agentId": AGENT, "workspaceId": WORKSPACE, "name": body.get("name", "unnamed")})
        mode = setting("mode", "ok")
        if mode == "older":
            if "sandboxes" in body:
                return self.refuse(400, "invalid_request", "There is no field $.sandboxes.")
        elif mode != "ok":
            return self.refuse(403 if mode == "agent_revoked" else 409, mode, f"The test says {mode}.")
        if self.path == f"/v1/agents/{AGENT}/challenge":
            return self.answer({"challenge": "challenge"})
        if self.path == f"/v1/agents/{AGENT}/sessions":
            lifetime = int(setting("lifetime", "600000"))
            return self.answer({
                "jwt": setting("jwt", "none"), "natsUrls": [NATS],
                "subject": f"agent.{WORKSPACE}.{AGENT}.{body['instance']}.rpc",
                "beatSubject": f"agent.{WORKSPACE}.{AGENT}.beat",
                "inboxPrefix": f"_INBOX.agent.{WORKSPACE}.{AGENT}",
                "lifetimeMs": lifetime, "renewAfterMs": lifetime // 2,
            })
        self.refuse(404, "not_found", "There is nothing at this path.")


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
