"""Keeping an office going: backups that are one moment, restoring them, and what an administrator asks of it."""
