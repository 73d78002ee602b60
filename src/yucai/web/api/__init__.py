"""The API: what pages show, as JSON for programs, by the same decisions on access and in the same words."""
