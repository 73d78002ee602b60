"""The explained results of a page, read by their marks."""

import re
from dataclasses import fields
from html import unescape
from html.parser import HTMLParser

from yucai.web.explaining import Explanation

PARTS = {field.name for field in fields(Explanation)}


class Parts(HTMLParser):
    """Reads, for each explained result of a page, what stands in each of its marked parts."""

    def __init__(self):
        super().__init__()
        self.open, self.results = [], []

    def handle_starttag(self, tag, attrs):
        marks = dict(attrs)
        if "data-explained" in marks:
            self.results.append({})
        if tag not in {"input", "br", "link", "meta", "img"}:
            self.open.append((tag, marks.get("data-part"), "data-explained" in marks))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        part = next((part for _tag, part, _is in reversed(self.open) if part), None)
        if part and any(explained for _tag, _part, explained in self.open) and data.strip():
            held = self.results[-1]
            held[part] = held.get(part, "") + unescape(data)


def results_of(page):
    parts = Parts()
    parts.feed(page)
    return parts.results


def lacking(page, language):
    """What is wrong with the explanations of a page, in words; nothing is right."""
    found = results_of(page)
    wrong = [] if found else ["no result is explained"]
    for n, parts in enumerate(found):
        wrong += [f"{n}: {part} is missing" for part in sorted(PARTS - parts.keys())]
        wrong += [f"{n}: {part} says nothing" for part, said in parts.items() if len(said.strip()) < 6]
        if language.startswith("zh"):
            wrong += [f"{n}: {part} is not Chinese" for part, said in parts.items() if not re.search("[一-鿿]", said)]
    return wrong
