"""The page that shows every part a page is built of, drawn by the same templates and functions as everywhere."""
