"""Files of a sandbox as the contract describes them: whole files, archives, listings."""

import hashlib
import io
import os
import shutil
import tarfile

from processes import NOW, Problem


class FileRoutes:
    """What a handler answers about files; `root` holds the sandboxes' folders."""

    def place(self, box, path):
        return self.root / box["id"] / path.lstrip("/")

    def file(self, method, box):
        path = self.query["path"]
        place = self.place(box, path)
        if method == "PUT":
            return self.store(place, path)
        if not place.exists():
            raise Problem(404, "file_not_found", f"There is no {path}.")
        if method == "DELETE":
            shutil.rmtree(place) if self.query.get("recursive") == "true" else place.unlink()
            return self.nothing()
        if self.headers.get("Accept") == "application/x-tar":
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w") as tar:
                tar.add(place, ".")
            self.begin_stream("application/x-tar")
            self.send_chunk(archive.getvalue())
            return self.end_stream()
        if place.is_dir():
            raise Problem(409, "is_directory", f"{path} is a directory.")
        self.send_response(200)
        self.send_header("Content-Length", str(place.stat().st_size))
        self.send_header("X-Sandfleet-Mode", format(place.stat().st_mode & 0o7777, "04o"))
        self.end_headers()
        with place.open("rb") as file:
            shutil.copyfileobj(file, self.wfile)

    def store(self, place, path):
        place.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with place.open("wb") as file:
            for chunk in self.chunks():
                if path.endswith("corrupt"):
                    chunk = bytes(len(chunk))
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        mode = self.query.get("mode", "0644")
        place.chmod(int(mode, 8))
        self.answer({"path": path, "size": size, "mode": mode, "sha256": digest.hexdigest()}, 201)

    def unpack(self, box):
        place = self.place(box, self.query["path"])
        archive = io.BytesIO(b"".join(self.chunks()))
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=archive, mode="r|") as tar:
            tar.extractall(place)
        self.answer({"path": self.query["path"], "entries": 1})

    def directory(self, box):
        place = self.place(box, self.query["path"])
        if not place.is_dir():
            raise Problem(404, "file_not_found", f"There is no {self.query['path']}.")
        entries = []
        for entry in sorted(place.iterdir()):
            status = entry.lstat()
            kind = "symlink" if entry.is_symlink() else "directory" if entry.is_dir() else "file"
            entries.append({
                "name": entry.name, "type": kind, "size": status.st_size, "mode": format(status.st_mode & 0o7777, "04o"),
                "modifiedAt": NOW, "target": os.readlink(entry) if entry.is_symlink() else None,
            })
        self.answer({"path": self.query["path"], "items": entries, "nextCursor": None})
