"""Indicators with standard definitions: packs, values and their vintages, checks between tables, ecosystem, chain."""

from yucai.governance.indicators.chain import (
    STEPS,
    ChainStep,
    Step,
    chain_axis,
    chain_steps,
    chain_table,
    furthest_step,
)
from yucai.governance.indicators.checking import Contradiction, ContradictionKind, FilledItem, check_tables
from yucai.governance.indicators.computing import (
    EMPTY_SAYS,
    ConversionLine,
    IndicatorValue,
    Vintage,
    WhyEmpty,
    compute_indicator,
    vintages_of,
)
from yucai.governance.indicators.definitions import (
    CENSUS_DAY,
    Counting,
    Figure,
    Indicator,
    IndicatorPack,
    Period,
    Reference,
    TableCheck,
    period_of,
)
from yucai.governance.indicators.diversity import cosine_distances, hill_number, rao_stirling
from yucai.governance.indicators.networks import Collaboration, describe_collaboration
from yucai.governance.indicators.packs import indicator_packs, load_indicators
from yucai.governance.indicators.reports import QualityReport, ReportItem, write_report_docx, write_report_xlsx
from yucai.governance.indicators.telling import may_be_told, standing_told, told_of_each_other

__all__ = [
    "CENSUS_DAY",
    "EMPTY_SAYS",
    "STEPS",
    "ChainStep",
    "Collaboration",
    "Contradiction",
    "ContradictionKind",
    "ConversionLine",
    "Counting",
    "Figure",
    "FilledItem",
    "Indicator",
    "IndicatorPack",
    "IndicatorValue",
    "Period",
    "QualityReport",
    "Reference",
    "ReportItem",
    "Step",
    "TableCheck",
    "Vintage",
    "WhyEmpty",
    "chain_axis",
    "chain_steps",
    "chain_table",
    "check_tables",
    "compute_indicator",
    "cosine_distances",
    "describe_collaboration",
    "furthest_step",
    "hill_number",
    "indicator_packs",
    "load_indicators",
    "may_be_told",
    "period_of",
    "rao_stirling",
    "standing_told",
    "told_of_each_other",
    "vintages_of",
    "write_report_docx",
    "write_report_xlsx",
]
