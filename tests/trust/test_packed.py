"""Pages go compressed to browsers that take it, and say the same."""

import gzip

import pytest
from django.urls import reverse

from yucai.web.packed import MOST_DRAWN


@pytest.mark.django_db
def test_a_page_is_compressed_for_a_browser_that_takes_it_and_says_the_same(client):
    plain = client.get(reverse("about_algorithms"))
    packed = client.get(reverse("about_algorithms"), headers={"accept-encoding": "br, gzip"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in plain["Vary"]
    assert "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content).decode().split("<main", 1)[1].split("<footer")[0] in plain.content.decode()


@pytest.mark.django_db
def test_the_length_of_a_page_says_little_of_what_stands_in_it(client):
    asked = [client.get(reverse("about_algorithms"), headers={"accept-encoding": "gzip"}) for _ in range(12)]
    lengths = {len(answer.content) for answer in asked}
    assert len(lengths) > 3
    assert max(lengths) - min(lengths) <= MOST_DRAWN + 64  # a masked token packs a little differently each time


@pytest.mark.django_db
def test_files_and_short_answers_go_as_they_are(client):
    assert "Content-Encoding" not in client.get("/observe/worker.js", headers={"accept-encoding": "gzip"})
    short = client.get(reverse("home"), headers={"accept-encoding": "gzip"})  # leads to the start page
    assert short.status_code == 302
    assert "Content-Encoding" not in short
