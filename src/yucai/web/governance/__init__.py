"""Indicators, attainment, policy effects and release."""
