"""Saved workspaces as the contract describes them: checkpoints, archives, and what a sandbox went through."""

import io
import shutil
import tarfile
import threading

from processes import NOW, Problem

MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK = 128 << 10


def compressed(data):
    """A zstd frame whose blocks are stored as they are."""
    frame = bytearray(MAGIC + b"\x00\x38")
    for start in range(0, len(data) or 1, BLOCK):
        block = data[start:start + BLOCK]
        is_last = start + BLOCK >= len(data)
        frame += (is_last | len(block) << 3).to_bytes(3, "little") + block
    return bytes(frame)


def expanded(frame):
    """What is in such a frame; of other frames nothing is known."""
    if not frame.startswith(MAGIC + b"\x00\x38"):
        raise Problem(400, "archive_invalid", "The archive is not a tar compressed with zstd.")
    data, position, is_last = b"", 6, False
    while not is_last:
        head = int.from_bytes(frame[position:position + 3], "little")
        is_last, kind, size = head & 1, head >> 1 & 3, head >> 3
        block = frame[position + 3:position + 3 + size]
        if kind != 0 or len(block) < size or position + 3 > len(frame):
            raise Problem(400, "archive_invalid", "The archive ends before its end.")
        data += block
        position += 3 + size
    return data


class Ledger:
    """Checkpoints as copies of a sandbox's files; all that happened, also to what is gone."""

    def __init__(self, root, new_id):
        self.root, self.new_id = root, new_id
        self.lock = threading.Lock()
        self.checkpoints, self.made_by, self.events, self.restored_by = {}, {}, {}, {}

    def note(self, sandbox, kind, subject=None, reason=None, actor="key/" + 26 * "k", **details):
        events = self.events.setdefault(sandbox, [])
        events.append({
            "at": NOW, "kind": kind, "actor": actor, "epoch": 1 if events else 0, "reason": reason,
            "subject": subject or sandbox, "details": details,
        })

    def save(self, box, body, operation):
        """The checkpoint of this operation, once."""
        with self.lock:
            if operation in self.made_by:
                made, of = self.made_by[operation]
                if of != body:
                    raise Problem(409, "operation_conflict", "The operation was asked for with another body.")
                return made
            name = self.new_id()
            shutil.copytree(self.root / box["id"], self.root / name)
            size = sum(path.stat().st_size for path in (self.root / name).rglob("*") if path.is_file())
            is_saving = body.get("comment") == "odd-saving"
            made = {
                "id": name, "sandboxId": box["id"], "status": "saving" if is_saving else "ready",
                "format": body.get("format", "native"), "comment": body.get("comment"), "provider": box["provider"],
                "consistent": None if is_saving else body.get("format") != "portable",
                "sizeBytes": None if is_saving else size, "createdAt": NOW, "readyAt": None if is_saving else NOW,
                "expiresAt": "2100-01-01T00:00:00Z" if "expiresInMs" in body else None, "error": None, "new": [1],
            }
            self.checkpoints[name] = made
            self.made_by[operation] = made, body
            self.note(box["id"], "checkpoint.published", name, sizeBytes=size)
            return made

    def found(self, name, usable=False):
        checkpoint = self.checkpoints.get(name)
        if not checkpoint:
            raise Problem(404, "checkpoint_not_found", f"There is no checkpoint {name}.",
                          "GET /v1/checkpoints lists them.")
        if usable and checkpoint["status"] != "ready":
            raise Problem(409, "checkpoint_not_ready", "The checkpoint is being saved.")
        return checkpoint

    def delete(self, name):
        del self.checkpoints[self.found(name)["id"]]
        shutil.rmtree(self.root / name)

    def restore(self, box, name, operation):
        checkpoint = self.found(name, usable=True)
        with self.lock:
            if operation in self.restored_by:
                return
            self.restored_by[operation] = name
            self.fill(box, checkpoint["id"])
            box["status"] = "active"
            self.note(box["id"], "sandbox.restored", reason=name)

    def fill(self, box, source):
        """Gives a sandbox the files of another, or of a checkpoint."""
        place = self.root / box["id"]
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.root / source, place)

    def drain(self, box):
        if not box["persistent"]:
            raise Problem(422, "unsupported", "The sandbox is not persistent: it cannot sleep.")
        box["status"] = "paused"
        self.note(box["id"], "sandbox.paused", reason="api")

    def exported(self, box):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(self.root / box["id"], "workspace")
        return compressed(archive.getvalue())

    def take(self, box, frame, replace):
        """Unpacks an archive when all of it is as it should be."""
        place = self.root / box["id"]
        with tarfile.open(fileobj=io.BytesIO(expanded(frame))) as tar:
            members = tar.getmembers()
            for member in members:
                path = member.name.split("/")
                if path.pop(0) != "workspace" or ".." in path or not (member.isfile() or member.isdir()):
                    raise Problem(400, "archive_invalid", f"The archive has an entry that is refused: {member.name}.")
                member.name = "/".join(path) or "."
            if replace:
                shutil.rmtree(place)
                place.mkdir()
            tar.extractall(place, members)


class Boxes:
    """Boxes at a provider: one that is used, one that nobody knows, and two that nobody wants."""

    def __init__(self):
        self.is_away = False
        self.boxes = [
            self.box("box-1", "keep", "the sandbox has it"), self.box("box-2", "report", "there is no record of it"),
            self.box("box-3", "delete", "its sandbox is terminated"),
            self.box("box-4", "delete", "its record says superseded"),
        ]
        self.boxes[1] |= {"sandboxId": None, "boxId": None, "epoch": None}

    @staticmethod
    def box(name, verdict, reason):
        return {"provider": "local", "placement": "host", "externalId": name, "sandboxId": 26 * "s", "boxId": 26 * "b",
                "epoch": 3, "verdict": verdict, "reason": reason, "deleted": False}

    def sweep(self, is_dry):
        found = [box | {"deleted": box["verdict"] == "delete" and not is_dry} for box in self.boxes]
        self.boxes = [box for box, now in zip(self.boxes, found) if not now["deleted"]]
        unreached = [{"provider": "local", "placement": "away", "code": "placement_offline", "message": "No worker."}]
        return {"boxes": found, "unreached": unreached if self.is_away else []}
