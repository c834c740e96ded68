"""Archives that are unpacked onto a machine's disk."""

import asyncio
import errno
import os
import tarfile
import tempfile
import zlib
from typing import IO

from cloud.machine import Machine


class Unpacking:
    """Takes a gzip'd tar piece by piece, and writes nothing before it is complete."""

    def __init__(self, machine: Machine, base: str, strip: int = 0) -> None:
        self._machine = machine
        self._base = base
        self._strip = strip
        self._file = tempfile.TemporaryFile()

    def write(self, data: bytes) -> None:
        """Adds bytes."""
        self._file.write(data)

    def close(self) -> None:
        """Forgets it."""
        self._file.close()

    async def finish(self) -> None:
        """Unpacks it; raises `OSError` for what cannot be written, `ValueError` when it is no archive."""
        self._file.seek(0)
        try:
            await asyncio.to_thread(self._unpack)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise ValueError(f"the archive is broken: {error}") from error
        finally:
            self._file.close()

    def _unpack(self) -> None:
        with tarfile.open(fileobj=self._file, mode="r:*") as archive:
            for member in archive:
                name = "/".join(member.name.split("/")[self._strip :])
                if not name.strip("/."):
                    if member.isreg():
                        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), "/")
                    continue
                self._place(archive, member, name)

    def _place(self, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        files = self._machine.files
        located = files.locate(name, base=self._base, follow=not member.issym())
        if member.isdir():
            files.make_directory(located, parents=True, exist_ok=True)
            return
        located.demand_writable()
        if not located.place.parent.exists():
            files.make_directory(files.locate(os.path.dirname(located.path)), parents=True, exist_ok=True)
        if member.issym():
            located.place.unlink(missing_ok=True)
            located.place.symlink_to(member.linkname)
            files.give(located.place)
            return
        content: IO[bytes] | None = archive.extractfile(member)
        if content is None:
            raise OSError(errno.EINVAL, "neither file, directory nor link", member.name)
        with files.replacing(located, member.mode & 0o7777) as file:
            while data := content.read(1 << 20):
                file.write(data)
