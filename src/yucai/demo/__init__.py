"""Something to look at on the first day: a real university, and a simulated college whose truth is known."""

__all__: list[str] = []
