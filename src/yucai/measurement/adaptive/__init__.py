"""Adaptive tests over a calibrated bank: the next item for one learner, and what a test is worth for many."""

from yucai.measurement.adaptive.bank import BankItem, ItemBank, ItemFamily, bank_of
from yucai.measurement.adaptive.plans import AdaptivePlan, Choice
from yucai.measurement.adaptive.prepared import AdaptiveTest, AdaptiveTestError, prepare_test
from yucai.measurement.adaptive.sessions import AdaptiveSession, AdaptiveSessionError, Standing, WhyEnded
from yucai.measurement.adaptive.simulation import EXPOSURE, AdaptiveSimulation, control_exposure, simulate_test

__all__ = [
    "EXPOSURE",
    "AdaptivePlan",
    "AdaptiveSession",
    "AdaptiveSessionError",
    "AdaptiveSimulation",
    "AdaptiveTest",
    "AdaptiveTestError",
    "BankItem",
    "Choice",
    "ItemBank",
    "ItemFamily",
    "Standing",
    "WhyEnded",
    "bank_of",
    "control_exposure",
    "prepare_test",
    "simulate_test",
]
