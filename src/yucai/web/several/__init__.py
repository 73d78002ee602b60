"""One act on several rows at once, which can be taken back whole for a day by who did it."""
