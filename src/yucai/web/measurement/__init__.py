"""Calibrations, profiles, and the portrait."""
