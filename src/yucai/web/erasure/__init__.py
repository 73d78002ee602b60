"""Erasure of a person from everything that is kept, with proof; retention clocks."""
