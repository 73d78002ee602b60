"""Registers of an office: data sets, algorithms, processors, notices and consents."""
