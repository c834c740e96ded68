"""A machine's files, seen from outside with its own idea of what `/` is."""

import errno
import os
import posixpath
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cloud.machine.containment import SHARED
from cloud.machine.user import User

MOST_LINKS = 40


@dataclass(frozen=True)
class Located:
    """Where a path of the machine really lies."""

    path: str
    place: Path
    read_only: bool

    def demand_writable(self) -> None:
        """Raises what a program would get that tries to change it."""
        if self.read_only:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self.path)


class Files:
    """Finds files beneath the root, following links as the machine would, and does what is asked with them.

    Everything raises the `OSError` that the system call would, with the machine's path as its file name.
    """

    def __init__(self, root: Path, user: User, mounts: Mapping[str, Path], prepare: Callable[[], None]) -> None:
        self._root = root
        self._user = user
        self._mounts = mounts
        self._prepare = prepare

    def locate(self, path: str, *, base: str | None = None, follow: bool = True) -> Located:
        """Resolves a path, relative ones against `base` (the home by default). The last part need not exist."""
        self._prepare()
        joined = posixpath.join(base or self._user.home, path)
        if "\0" in joined:
            raise ValueError("a path has no NUL")
        done: list[str] = []
        left = [part for part in joined.split("/")][::-1]
        links = 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            place = self._place([*done, part])[0]
            if place.is_symlink() and (left or follow):
                links += 1
                if links > MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), joined)
                target = os.readlink(place)
                if target.startswith("/"):
                    done = []
                left += [each for each in target.split("/")][::-1]
                continue
            if left and place.exists() and not place.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), joined)
            done.append(part)
        place, read_only = self._place(done)
        return Located("/" + "/".join(done), place, read_only)

    def _place(self, parts: list[str]) -> tuple[Path, bool]:
        path = "/" + "/".join(parts)
        for shared in SHARED:
            if path == shared or path.startswith(shared + "/"):
                return Path(path), True
        for mount in sorted(self._mounts, reverse=True):
            if path == mount or path.startswith(mount + "/"):
                return self._mounts[mount] / path[len(mount) + 1 :], False
        return self._root.joinpath(*parts), False

    def read(self, located: Located) -> bytes:
        """The whole content."""
        return located.place.read_bytes()

    def write(self, located: Located, data: bytes, mode: int = 0o644) -> None:
        """Replaces the content; who reads at the same time sees the old or the new one."""
        with self.replacing(located, mode) as file:
            file.write(data)

    def replacing(self, located: Located, mode: int = 0o644) -> "Replacement":
        """A file to be written to that takes the place of the old one when the block ends well."""
        return Replacement(self, located, mode)

    def make_directory(self, located: Located, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Makes one directory, or all that are missing on the way."""
        located.demand_writable()
        if parents and not located.place.parent.exists() and located.path != "/":
            above = self.locate(posixpath.dirname(located.path))
            self.make_directory(above, parents=True, exist_ok=True)
        try:
            located.place.mkdir()
        except FileExistsError:
            if not exist_ok or not located.place.is_dir():
                raise
        else:
            self.give(located.place)

    def remove(self, located: Located, *, recursive: bool = False) -> None:
        """Removes a file, an empty directory, or a whole tree."""
        located.demand_writable()
        if located.path == "/":
            raise PermissionError(errno.EBUSY, os.strerror(errno.EBUSY), "/")
        if located.place.is_dir() and not located.place.is_symlink():
            shutil.rmtree(located.place) if recursive else located.place.rmdir()
        else:
            located.place.unlink()

    def rename(self, source: Located, target: Located) -> None:
        """Moves, and replaces what a rename replaces."""
        source.demand_writable()
        target.demand_writable()
        os.rename(source.place, target.place)

    def copy(self, source: Located, target: Located, *, recursive: bool = False) -> None:
        """Copies a file, or a tree if that is wanted."""
        target.demand_writable()
        if source.place.is_dir():
            if not recursive:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), source.path)
            shutil.copytree(source.place, target.place, symlinks=True)
            for folder, directories, names in os.walk(target.place):
                for name in [".", *directories, *names]:
                    self.give(Path(folder, name))
        else:
            shutil.copy2(source.place, target.place)
            self.give(target.place)

    def change_mode(self, located: Located, mode: int) -> None:
        """Sets the permission bits."""
        located.demand_writable()
        located.place.chmod(mode)

    def give(self, place: Path) -> None:
        """Lets the machine's user own what was made for it."""
        if os.geteuid() == 0:
            os.chown(place, self._user.uid, self._user.gid, follow_symlinks=False)


class Replacement:
    """Writes beside a file, then takes its place; the mode is that of the old one if there was one."""

    def __init__(self, files: Files, located: Located, mode: int) -> None:
        self._files, self._located, self._mode = files, located, mode
        self._beside = located.place.with_name(f".{located.place.name}.{os.urandom(4).hex()}")

    def __enter__(self) -> "Replacement":
        self._located.demand_writable()
        if self._located.place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self._located.path)
        self._file = self._beside.open("xb")
        return self

    def write(self, data: bytes) -> None:
        """Adds bytes."""
        self._file.write(data)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is not None:
            self._beside.unlink()
            return
        self._beside.chmod(self._mode)
        self._files.give(self._beside)
        self._beside.rename(self._located.place)
