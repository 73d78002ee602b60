"""Maps of tiles, ranks and densities: every value can be read, nothing hangs on colour, no word breaks a picture."""

from xml.etree import ElementTree as Xml

import pytest

from yucai.web.drawing import DensityCurve, MapTile, RankRow, density_curves, rank_bars, tile_map

SVG = "{http://www.w3.org/2000/svg}"
TILES = [
    MapTile(column=0, row=0, name="甲<&>", value=0.25, title="甲: 0.250"),
    MapTile(column=1, row=0, name="Inner Mongolia and more", value=0.75, title="b"),
    MapTile(column=1, row=2, name="丙", value=None, title="丙: left out"),
]


def parsed(svg):
    assert "style=" not in svg
    return Xml.fromstring(svg)


def words(root):
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("width", [358, 760])
def test_a_tile_says_its_value_in_figures_and_as_the_length_of_a_bar(width):
    root = parsed(tile_map(TILES, width=width, name="m", title="T", description="D"))
    assert {"甲<&>", "0.25", "0.75", "–"} <= set(words(root))
    bars = [float(one.get("width")) for one in root.iter(f"{SVG}rect") if one.get("height") == "4"]
    assert bars[1] / bars[0] == pytest.approx(0.25, abs=0.01)
    assert bars[3] / bars[2] == pytest.approx(0.75, abs=0.01)
    assert sum(one.get("stroke-dasharray") is not None for one in root.iter(f"{SVG}rect")) == 1
    assert [one.text for one in root.iter(f"{SVG}title")] == ["T", "甲: 0.250", "b", "丙: left out"]


def test_a_long_name_is_set_smaller():
    root = parsed(tile_map(TILES, width=358, name="m", title="T", description="D"))
    sizes = {"".join(one.itertext()): float(one.get("font-size")) for one in root.iter(f"{SVG}text")}
    assert sizes["Inner Mongolia and more"] < sizes["0.75"]


def test_the_better_rank_stands_further_left_within_its_range():
    rows = [
        RankRow(name="a", rank=1, lower=1, upper=2, note="1–2"),
        RankRow(name="b", rank=3, lower=2, upper=9, note="2–9"),
    ]
    root = parsed(rank_bars(rows, width=358, name="r", title="T", description="D", axis="Rank"))
    dots = [float(one.get("cx")) for one in root.iter(f"{SVG}circle")]
    bars = [(float(one.get("x")), float(one.get("width"))) for one in root.iter(f"{SVG}rect")]
    assert dots[0] < dots[1]
    assert all(x < dot < x + width for dot, (x, width) in zip(dots, bars, strict=True))


def test_densities_differ_by_their_dashes():
    curves = [DensityCurve(name=name, points=[0, 0.5, 1], heights=[0, 2, 0]) for name in ("2018", "2022")]
    root = parsed(density_curves(curves, width=358, name="d", title="T", description="D"))
    lines = [one.get("stroke-dasharray") for one in root.iter(f"{SVG}path") if one.get("stroke-width") == "2"]
    assert lines == [None, None, "7 4", "7 4"]
    assert {"2018", "2022", "0.0", "1.0"} <= set(words(root))
