"""Sets Yucai up in its own folder and runs it. Needs Python 3.11 or newer and nothing else.

    python3 do.py demo [--check] [--port N] [--workspace DIR]    the demonstration, served on this machine
    python3 do.py test [pytest arguments]                        every check and test; with arguments, only those tests
    python3 do.py build                                          the environment and the parts of the pages, no more

What is set up already is not set up again: a second run needs no network. To start afresh, remove the folder .venv.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
STAMPS = VENV / "yucai-stamps.json"
DEBIAN = ("chromium", "fonts-noto-cjk", "poppler-utils")
CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy", "-p", "yucai"),
    "import contract": ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
    "licences": ("tools/licences.py",),
    "bill of materials": ("tools/sbom.py",),
    "docs": ("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", "build/docs"),
}


# Two runners share the processors already; more threads in each only wait for one another.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

# What stands beside the tests of records and asks no database, or one on SQLite of its own: once is enough.
ASKING_NONE = (
    "tests/records/test_telling.py", "tests/trust/test_audit_commands.py", "tests/trust/test_erasure_files.py",
    "tests/trust/test_trust_page.py", "tests/web/test_tables.py", "tests/web/test_together.py",
    "tests/web/test_workspace.py",
)  # fmt: skip


class StopError(Exception):
    """Setting up cannot go on; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  (the user's Python, not ours)
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(
            say(
                f"Yucai needs Python 3.11 or newer; this is {found}. Run do.py with a newer one: python3.11 do.py\n",
                f"育才需要 Python 3.11 或更新版本，当前为 {found}。请用更新的版本运行：python3.11 do.py\n",
            )
        )
        return 69
    wanted, rest = _parser().parse_known_args(arguments)
    if rest and wanted.command != "test":
        _parser().error(say(f"unknown: {' '.join(rest)}", f"无法识别：{' '.join(rest)}"))
    try:
        if wanted.command == "test":
            return test(rest)
        set_up("demo")
        return demo(wanted) if wanted.command == "demo" else 0
    except StopError as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="do.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("demo", help=say("build and serve the demonstration", "建立并启动演示"))
    shown.add_argument("--check", action="store_true", help=say("fetch each start page, then end", "逐页检查后结束"))
    shown.add_argument("--port", type=int, default=8000, help=say("the port (8000)", "端口（8000）"))
    shown.add_argument("--workspace", default=str(ROOT / "demo-workspace"), help=say("its folder", "工作区文件夹"))
    commands.add_parser("test", help=say("run every check and test", "运行全部检查与测试"))
    commands.add_parser("build", help=say("set up, no more", "只安装与构建"))
    return parser


def demo(wanted: argparse.Namespace) -> int:
    """Hand over to ``yucai demo``, which builds, measures, serves and says where to look."""
    command = [str(BIN / "yucai"), "demo", "--workspace", wanted.workspace, "--port", str(wanted.port)]
    command += ["--check"] if wanted.check else []
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)  # so that a signal sent to us reaches the server
    return subprocess.call(command)


def test(chosen: Sequence[str]) -> int:
    """Run every check, then every test, and return the first exit code that is not 0.

    The records are tested on both databases. The run of everything comes last: its summary is the last thing printed.
    """
    set_up("test")
    env = {**ONE_THREAD, **os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    if os.environ.get("CI"):
        env["YUCAI_REQUIRE_ALL"] = "1"  # a test skipped for want of a browser or a database is then a failure
    if chosen:
        return subprocess.call([PYTHON, "-m", "pytest", *chosen], cwd=ROOT, env=env)
    system_packages()
    failed = [name for name, command in CHECKS.items() if not _passes(name, command, env)]
    if failed:
        listed = ", ".join(failed)
        raise StopError(say(f"Not in order: {listed}. No test was run.", f"未通过：{listed}。未运行测试。"))
    records = ["tests/web", "tests/records", "tests/feeds", "tests/trust", "tests/repository/test_database.py"]
    pytest = [PYTHON, "-m", "pytest", "-n", "2"]
    left_out = [f"--ignore={file}" for file in ASKING_NONE]
    on_postgresql = [PYTHON, "tools/on_postgresql.py", *pytest, "-m", "not browser", *left_out, *records]
    everything = [*pytest, "--dist", "loadfile"]
    for command in (on_postgresql, everything):
        code = subprocess.call(command, cwd=ROOT, env=env)
        if code:
            return code
    return 0


def set_up(kind: str) -> None:
    """Make the environment of ``kind`` ("demo" or "test"), install Yucai in it and make the parts of the pages."""
    stamps = _stamps()
    if not Path(PYTHON).exists():
        stamps = {}
        step(say("Python environment", "Python 环境"), _make_venv)
    # The packages of "test" hold those of "demo". Node.js comes from a package only where the machine has no npm.
    names = [*([] if shutil.which("npm") else ["node"]), kind, *(["spark"] if kind == "test" else [])]
    if kind == "demo" and stamps.get("test") == _locked_digest("test"):
        names.remove("demo")
    for name in names:
        if stamps.get(name) != _locked_digest(name):
            step(say(f"Packages ({name})", f"软件包（{name}）"), partial(_install_locked, name))
            _stamp(stamps, name, _locked_digest(name))
    project = _digest(ROOT / "pyproject.toml", ROOT / "src" / "yucai" / "__init__.py")
    if stamps.get("project") != project:
        step(say("Yucai itself", "育才本身"), _install_project)
        _stamp(stamps, "project", project)
    wanted = ["--for-tests"] if kind == "test" else []
    step(say("Parts of the pages", "页面部件"), lambda: _run([PYTHON, "tools/assets.py", *wanted]))


def system_packages() -> None:
    """Install the browser and the Chinese letters that tests need, where we may; else say what is missing."""
    if shutil.which("dpkg-query") is None:
        return
    missing = [name for name in DEBIAN if not _is_installed(name)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        listed, line = ", ".join(missing), " ".join(command)
        en = f"Missing for the browser tests: {listed}. They will be skipped. Install them with: sudo {line}\n"
        sys.stderr.write(say(en, f"浏览器测试缺少：{listed}，相关测试将被跳过。安装方法：sudo {line}\n"))
        return
    step(say("System packages: update", "系统软件包：更新目录"), lambda: _run(["apt-get", "update", "--quiet"]))
    step(say("System packages", "系统软件包"), lambda: _run(command))


def step(name: str, act: Callable[[], None]) -> None:
    """Do one thing and print one line: what, and how long it took."""
    sys.stdout.write(f"{name} ... ")
    sys.stdout.flush()
    began = time.monotonic()
    try:
        act()
    except StopError:
        sys.stdout.write("✗\n")
        raise
    finally:
        sys.stdout.flush()
    sys.stdout.write(f"{time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()


def say(en: str, zh: str) -> str:
    """Return the sentence in the language of this machine's user."""
    for name in ("YUCAI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return zh if os.environ[name].lower().startswith("zh") else en
    return en


def _passes(name: str, command: Sequence[str], env: dict[str, str]) -> bool:
    try:
        step(name, lambda: _run([PYTHON, *command], env))
    except StopError as stop:
        sys.stdout.write(f"{stop}\n")
        return False
    return True


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Run a program quietly; raise StopError with the end of what it said when it fails."""
    quiet = {**(env or os.environ), "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ran = subprocess.run(
            command, cwd=ROOT, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise StopError(say(f"{command[0]} could not be started: {error}", f"无法启动 {command[0]}：{error}")) from None
    if ran.returncode:
        said = "\n".join(ran.stdout.decode(errors="replace").strip().splitlines()[-40:])
        name = " ".join(Path(part).name for part in command[:4])
        en = f"`{name}` ended with {ran.returncode}. It said:\n{said}"
        raise StopError(say(en, f"`{name}` 以 {ran.returncode} 结束。其输出：\n{said}"))


def _make_venv() -> None:
    uv = shutil.which("uv")
    if uv:
        _run([uv, "venv", "--clear", "--python", sys.executable, str(VENV)])
        return
    try:
        import ensurepip  # noqa: F401  (Debian cuts it out of Python)
    except ImportError:
        name = f"python3.{sys.version_info.minor}-venv"
        en = f"This Python cannot make environments. On Debian and Ubuntu: sudo apt-get install {name}"
        zh = f"当前 Python 无法建立虚拟环境。Debian 与 Ubuntu 请运行：sudo apt-get install {name}"
        raise StopError(say(en, zh)) from None
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def _install_locked(name: str) -> None:
    # Spark is published as source only, and is packed by what is installed already.
    source = ["--no-binary", "pyspark", "--no-build-isolation"] if name == "spark" else []
    try:
        _install("--require-hashes", "--only-binary", ":all:", *source, "-r", f"requirements/{name}.txt")
    except StopError as stop:
        en = f"The packages could not be installed. Check the network and the disk, then run this again.\n{stop}"
        raise StopError(say(en, f"软件包未能安装。请检查网络与磁盘空间，然后重试。\n{stop}")) from None


def _install_project() -> None:
    _install("--no-build-isolation", "--editable", ".")


def _install(*what: str) -> None:
    """Install without looking for more: the locked set is complete."""
    uv = shutil.which("uv")
    if uv:
        _run([uv, "pip", "install", "--python", PYTHON, "--no-deps", *what])
        return
    try:
        _run([PYTHON, "-m", "pip", "--version"])
    except StopError:  # made by uv, which leaves pip out
        _run([PYTHON, "-m", "ensurepip"])
    _run([PYTHON, "-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check", *what])


def _is_installed(package: str) -> bool:
    ran = subprocess.run(["dpkg-query", "--show", "--showformat=${db:Status-Status}", package], capture_output=True)
    return ran.stdout == b"installed"


def _locked_digest(name: str) -> str:
    return _digest(ROOT / "requirements" / f"{name}.txt")


def _digest(*files: Path) -> str:
    seen = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in files:
        seen.update(file.read_bytes())
    return seen.hexdigest()


def _stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text()))
    except (OSError, ValueError):
        return {}


def _stamp(stamps: dict[str, str], name: str, digest: str) -> None:
    stamps[name] = digest
    STAMPS.write_text(json.dumps(stamps, indent=1))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console that cannot show Chinese
    sys.exit(main(sys.argv[1:]))
