"""How what was started for a measurement ends."""

import subprocess


def end(process: subprocess.Popen, seconds: float) -> None:
    """In order; after that time at once."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
