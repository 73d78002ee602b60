"""Where everybody starts: a home for each user, the search over what they may see, and the student's own map."""
