"""The rights of a person: a copy of everything on record, correction, objection and appeal, and the ages of people."""
