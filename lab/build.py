"""Compile engine.c to WebAssembly with SIMD, and write it where the widgets' joiner finds it: python lab/build.py

The compiler is PyPI's `ziglang` (of the `test` extra), whose output depends on its version alone; constraints.txt names
it. tests/test_lab_engine.py compiles again and compares byte by byte. The module goes into a script as base64: pages
are opened from files, where a browser fetches nothing.
"""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
WRITTEN = HERE.parent / "wgan_lib/js/lab/engine-bytes.mjs"
EXPORTS = [
    *("network", "start", "align", "critic_gradients", "generator_gradients", "update", "clip", "evaluate", "generate"),
    *("sizes_at", "buffer", "count", "state", "direction"),
]
FLAGS = [
    *("-target", "wasm32-freestanding", "-O3", "-msimd128", "-mbulk-memory", "-nostdlib", "-fno-sanitize=all", "-g0"),
    *("-Wall", "-Werror"),
]


def compiled() -> bytes:
    """The bytes of the module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "engine.wasm"
        linked = ["-Wl,--no-entry", "-Wl,--strip-all", *(f"-Wl,--export={name}" for name in EXPORTS)]
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *linked, "engine.c", "-o", str(made)]
        subprocess.run(command, cwd=HERE, check=True)
        return made.read_bytes()


def script(module: bytes) -> str:
    """The script that carries the module."""
    text = base64.b64encode(module).decode()
    return (
        "/** lab/engine.c, compiled by lab/build.py: a WebAssembly module in base64. */\n"
        f'// biome-ignore format: one string\nexport const ENGINE = "{text}";\n'
    )


if __name__ == "__main__":
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(script(compiled()), encoding="utf-8")
    print(f"{WRITTEN}: {len(compiled())} bytes of WebAssembly")
