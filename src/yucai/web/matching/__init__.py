"""Gaps, places, teams and pathways."""
