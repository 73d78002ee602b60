"""The record store: statements and documents of xAPI, kept in tables and answered at a door of their own."""
