"""How the package of estimators is leant on: by one file, only when asked, in one version, never for its data."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import yucai.governance.effects
from tests.unit.governance.effects_cases import made_panel, quick_plan
from yucai.governance import ControlGroup, EstimatorsMissingError
from yucai.governance.effects.staggered import clustered_comparison

SOURCE = Path(yucai.governance.effects.__file__).parent
HEAVY = "diff_diff", "pandas", "statsmodels", "linearmodels", "numba", "scipy.stats"


def test_the_door_of_governance_loads_nothing_heavy():
    ask = f"import sys, yucai.governance; print([one for one in {HEAVY!r} if one in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_only_one_file_names_the_package_and_none_its_data():
    naming = [
        path.name for path in SOURCE.glob("*.py") if re.search(r"import diff_diff|from diff_diff", path.read_text())
    ]
    assert naming == ["staggered.py"]
    text = (SOURCE / "staggered.py").read_text(encoding="utf-8")
    assert not re.search(r"\bload_\w+|\bdatasets\b|\bgenerate_\w+", text)


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "diff_diff", None)
    panel = made_panel(20, treated=tuple(range(8)))
    with pytest.raises(EstimatorsMissingError) as caught:
        clustered_comparison(panel, quick_plan(), ControlGroup.NEVER)
    assert "Install Yucai with the extra “effects”." in caught.value.in_language("en")
    assert "当前为 未安装" in caught.value.in_language("zh")


def test_another_version_is_refused_as_its_figures_may_have_moved(monkeypatch):
    import diff_diff

    monkeypatch.setattr(diff_diff, "__version__", "3.14.0")
    with pytest.raises(EstimatorsMissingError, match=r"need the package diff-diff 3\.13\.0; here is 3\.14\.0"):
        clustered_comparison(made_panel(20, treated=tuple(range(8))), quick_plan(), ControlGroup.NEVER)
