"""The Python packages of the benchmarks, in an environment of their own."""

import hashlib
import os
import shutil
import subprocess
import sys

from .raw import Missing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REQUIREMENTS = os.path.join(ROOT, "Benchmarks", "requirements.txt")
ENVIRONMENT = os.path.join(ROOT, ".build", "bench-venv")


def install() -> None:
    """Once for each set of versions."""
    with open(REQUIREMENTS, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(ENVIRONMENT, "installed")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    pip = [os.path.join(ENVIRONMENT, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", ENVIRONMENT], [*pip, "--requirement", REQUIREMENTS]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(f"the Python packages cannot be installed: {error}") from None
        if done.returncode != 0:
            raise Missing(f"the Python packages cannot be installed: {(done.stderr or done.stdout).strip()[-300:]}")
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(wanted)
