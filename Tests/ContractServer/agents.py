"""Users' machines as the contract describes them: enrollments, and two agents that are there from the beginning."""


class Agents:
    def __init__(self, new_id, now, problem):
        self.new_id, self.now, self.problem = new_id, now, problem
        self.enrollments, self.agents = {}, {}
        self.add("workshop", {"gpu": "yes"}, "online")
        self.add("attic", {}, "offline")

    def add(self, name, labels, state):
        agent = {
            "id": self.new_id(), "name": name, "labels": labels, "state": state, "stateAt": self.now, "hostName": name + ".lan",
            "instance": None, "lastBeatAt": self.now, "reconnectWindowMs": 120000, "publicKey": "U", "createdAt": self.now,
            "load": {"sandboxes": 3, "processes": 2, "operations": 1, "loadAverage": 0.5, "memoryFreeBytes": 1,
                     "spooledBytes": 0},
            "capabilities": {
                "version": "1.0", "os": "linux", "architecture": "x86_64", "tools": ["git"], "desktop": False,
                "exec": True, "files": True, "isolated": False, "denials": {}, "maximumProcesses": 64,
                "memoryLimitBytes": 0, "processors": 2, "memoryBytes": 1, "root": "/srv/work", "fromTheFuture": 1,
            } if state == "online" else None,
        }
        self.agents[agent["id"]] = agent

    def found(self, name):
        if name not in self.agents:
            raise self.problem(404, "agent_not_found", "There is no such agent.")
        return self.agents[name]

    def placed(self, request):
        """What a sandbox has of the machine that it was asked for."""
        wanted = request.get("agent")
        if wanted is None:
            return {}
        for agent in self.agents.values():
            labels = wanted["labels"].items() <= agent["labels"].items() if isinstance(wanted, dict) else False
            if labels or wanted in (agent["id"], agent["name"]):
                if agent["state"] != "online":
                    raise self.problem(503, "agent_offline", "The agent %s is offline." % agent["name"])
                return {"agent": agent["id"], "selfhosted": request.get("selfhosted", {})}
        raise self.problem(404, "agent_not_found", "There is no such agent.", "GET /v1/agents lists them.")

    def route(self, method, rest, document, query):
        match (method, rest):
            case ("GET", []):
                wanted = dict(pair.split("=") for pair in query.get("label", "").split(",") if pair)
                items = [one for one in reversed(self.agents.values())
                         if query.get("state", one["state"]) == one["state"] and wanted.items() <= one["labels"].items()]
                return 200, {"items": items, "nextCursor": None}
            case ("POST", ["enrollments"]):
                body = document()
                made = {"id": self.new_id(), "state": "pending", "name": body.get("name"), "labels": body.get("labels", {}),
                        "agentId": None, "createdAt": self.now, "expiresAt": "2100-01-01T00:00:00Z"}
                self.enrollments[made["id"]] = made
                return 201, made | {"token": "sfe_%s_secret" % made["id"]}
            case ("GET", ["enrollments"]):
                return 200, {"items": list(reversed(self.enrollments.values())), "nextCursor": None}
            case ("DELETE", ["enrollments", name]):
                if name not in self.enrollments:
                    raise self.problem(404, "enrollment_not_found", "There is no such enrollment.")
                self.enrollments[name]["state"] = "revoked"
                return 204, None
            case ("GET", [name]): return 200, self.found(name)
            case ("PATCH", [name]):
                self.found(name).update(document())
                return 200, self.found(name)
            case ("DELETE", [name]):
                del self.agents[self.found(name)["id"]]
                return 204, None
        raise self.problem(404, "not_found", "No such route.")
