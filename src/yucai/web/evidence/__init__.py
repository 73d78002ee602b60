"""Sources, imports, items and records of evidence, and the way into the lake."""
