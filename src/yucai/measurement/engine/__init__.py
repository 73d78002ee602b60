"""The engine: all qualities calibrated together by expectation propagation inside EM."""
