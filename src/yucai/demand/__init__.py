"""What work asks for, where, and next.

The room stands so that the order of the house is checked from the first day; its names come with its own work.
"""

__all__: list[str] = []
