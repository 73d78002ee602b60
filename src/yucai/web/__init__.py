"""The pages of Yucai, and what the command line needs of them."""

__all__: list[str] = []
