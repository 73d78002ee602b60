"""Record stores as sources: statements mapped by a declared profile go in as evidence, as a file does."""
