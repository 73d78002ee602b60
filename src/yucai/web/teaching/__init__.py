"""Cohorts, courses and assessments, for those who teach."""
