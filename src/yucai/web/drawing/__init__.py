"""Charts as SVG, drawn on our own machine. All words come in, already in the reader's language."""

from yucai.web.drawing.bars import DayBar, day_bars
from yucai.web.drawing.dots import DotLabels, IntervalRow, QualityRow, interval_dots, quality_dots
from yucai.web.drawing.effects import EffectLabels, EffectLine, effect_lines
from yucai.web.drawing.growth import GrowthPoint, growth_lines, growth_spark
from yucai.web.drawing.radar import quality_radar
from yucai.web.drawing.ranking import DensityCurve, RankRow, density_curves, rank_bars
from yucai.web.drawing.scores import ScoreBand, ScoreLabels, score_bars
from yucai.web.drawing.shares import ShareLabels, ShareLine, share_lines
from yucai.web.drawing.tiles import MapTile, tile_map
from yucai.web.drawing.trend import TrendPoint, TrendWords, trend_line, trend_spark

__all__ = [
    "DayBar",
    "DensityCurve",
    "DotLabels",
    "EffectLabels",
    "EffectLine",
    "GrowthPoint",
    "IntervalRow",
    "MapTile",
    "QualityRow",
    "RankRow",
    "ScoreBand",
    "ScoreLabels",
    "ShareLabels",
    "ShareLine",
    "TrendPoint",
    "TrendWords",
    "day_bars",
    "density_curves",
    "effect_lines",
    "growth_lines",
    "growth_spark",
    "interval_dots",
    "quality_dots",
    "quality_radar",
    "rank_bars",
    "score_bars",
    "share_lines",
    "tile_map",
    "trend_line",
    "trend_spark",
]
