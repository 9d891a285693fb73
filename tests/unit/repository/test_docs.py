"""docs/repository.md names every table and view, in the words of their comments."""

from __future__ import annotations

import re
from pathlib import Path

from dtm.repository.migrations import bundled

PAGE = Path(__file__).parents[3] / "docs" / "repository.md"
COMMENT = re.compile(r"^COMMENT ON TABLE (\w+) IS '(.*)'$", re.DOTALL | re.IGNORECASE)


def comments() -> dict[str, str]:
    statements = (text for migration in bundled() for text in migration.statements)
    found = (match for text in statements if (match := COMMENT.match(text)))
    return {match[1].upper(): match[2].replace("''", "'") for match in found}


def test_every_table_and_view_is_listed_with_its_comment():
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == comments()
    assert len(rows) == len(comments())
