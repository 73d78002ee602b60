"""Work that takes longer than a page: queued, leased, told as it goes, and resumed after a fall."""
