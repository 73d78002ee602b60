"""Regions, series and forecasts."""
