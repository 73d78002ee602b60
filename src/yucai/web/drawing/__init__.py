"""Charts as SVG, drawn on our own machine. All words come in, already in the reader's language."""

from yucai.web.drawing.bars import DayBar, day_bars
from yucai.web.drawing.dots import DotLabels, IntervalRow, QualityRow, interval_dots, quality_dots
from yucai.web.drawing.growth import GrowthPoint, growth_lines, growth_spark
from yucai.web.drawing.radar import quality_radar
from yucai.web.drawing.scores import ScoreBand, ScoreLabels, score_bars

__all__ = [
    "DayBar",
    "DotLabels",
    "GrowthPoint",
    "IntervalRow",
    "QualityRow",
    "ScoreBand",
    "ScoreLabels",
    "day_bars",
    "growth_lines",
    "growth_spark",
    "interval_dots",
    "quality_dots",
    "quality_radar",
    "score_bars",
]
