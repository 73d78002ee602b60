"""What evidence tells us about learners, and how surely."""

__all__: list[str] = []
