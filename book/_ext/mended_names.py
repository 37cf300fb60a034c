"""Names that the theme and myst-nb give to assistive technology, where they contradict what is on the screen."""

import re

NAMES = [  # an aria-label that hides the words shown, and a list role around children that are no list items
    (re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="[^"]*"'), r"\1"),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
]


def with_true_names(page: str) -> str:
    """The page with names that say what is shown."""
    for pattern, better in NAMES:
        page = pattern.sub(better, page)
    return page
