"""Run every notebook of the book from top to bottom, as a reader in Colab would: `make colab`.

Each runs in an empty folder, so that it finds the installed package and nothing of the repository.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

BOOK = Path(__file__).parents[2] / "book"


def run_notebook(path: Path, limit: float) -> str:
    """Return what went wrong, or nothing; `limit` is in seconds and holds for the notebook as a whole."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            client = NotebookClient(
                notebook, timeout=limit, kernel_name="python3", resources={"metadata": {"path": folder}}
            )
            client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return f"{type(error).__name__}\n{error}"
    seconds = time.perf_counter() - start
    return f"took {seconds:.0f} s of {limit:.0f}" if seconds > limit else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of book/")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a notebook may take (default: 120)")
    arguments = parser.parse_args()
    paths = arguments.notebooks or sorted(BOOK.glob("*.ipynb"))
    if not paths:
        print(f"no notebook in {BOOK}: run `make notebooks` first")
        return 1
    failures = {}
    print(f"{'notebook':28} {'seconds':>8}")
    for path in paths:
        start = time.perf_counter()
        problem = run_notebook(path, arguments.limit)
        if problem:
            failures[path.stem] = problem
        print(f"{path.stem:28} {time.perf_counter() - start:8.1f}{'  FAILED' if problem else ''}", flush=True)
    for name, problem in failures.items():
        print(f"\n{name}: {problem}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
