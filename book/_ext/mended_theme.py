"""Mends the pages where the theme and its extensions get something wrong that no setting reaches."""

import re

MENDED = [
    # names for assistive technology that contradict what is on the screen
    (re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="[^"]*"'), r"\1"),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    # a note beside the text: the theme's script folds the contents away while anything called "margin" is on the screen
    (re.compile(r'<aside class="margin sidebar">'), '<aside class="side-note">'),
    # a solution's title folds it; as a link it would jump at the same click
    (re.compile(r'(<p class="admonition-title">Solution to)<a [^>]*>(.*?)</a></p>', re.DOTALL), r"\1\2</p>"),
    # from a file the search page may not fetch the pages it found, to show a line of each
    (
        re.compile(r'(?=<script src="[^"]*searchtools\.js)'),
        '<script>if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;</script>\n',
    ),
]


def mended(page: str) -> str:
    """The page as the theme should have written it."""
    for pattern, better in MENDED:
        page = pattern.sub(better, page)
    return page
