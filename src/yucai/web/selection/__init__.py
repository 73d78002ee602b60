"""Rules and proposals."""
