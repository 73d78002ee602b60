"""A tool built on a real client library from npm does all it can with a served store, in both versions."""

import pytest

from tests.clients.real import HOME, sending
from tests.records.served import Office


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("clients") / "office")
    yield made.serve()
    made.close()


@pytest.mark.parametrize(("version", "adapter"), [("1.0.3", "axios"), ("1.0.3", "fetch"), ("2.0.0", "axios")])
def test_a_tool_built_on_the_xapi_library_does_all_it_can(server, version, adapter):
    endpoint = f"http://127.0.0.1:{server.port}/xapi/s/"
    told = sending(endpoint=endpoint, login=server.login, version=version, adapter=adapter)
    assert "1.0.3" in told["about"]
    assert len(told["sent"]) == 60
    assert told["voided"] == told["wrong"]
    assert told["file"]["whole"]
    assert f"{HOME}/quiz/1" in told["asked"]
    assert f"{HOME}/quiz/7" not in told["asked"]
    assert told["person"] == [{"homePage": HOME, "name": "01"}]
    assert told["activity"] == {"en-US": "Quiz 1", "zh-CN": "测验1"}
    assert told["profile"] == {"colour": "blue"}
    state = told["state"]
    assert (state["merged"], state["names"], state["left"]) == ({"page": 3, "done": True}, ["bookmark"], [])
    assert "changed" in state["refused"]
    status, _, statement = server.ask("GET", f"statements?statementId={told['single']}")
    assert (status, statement["result"]["score"]["raw"]) == (200, 7)
