"""`did you mean ...?` - the nearest of the words that would have been right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word` (case does not count), or None if none is close."""
    by_folded = {candidate.casefold(): candidate for candidate in sorted(candidates)}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return the sentence that ends a diagnostic, or None if nothing is close."""
    found = nearest(word, candidates)
    return None if found is None else f'did you mean "{found}"?'
