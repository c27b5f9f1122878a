"""What is embedded of a passage: beside its text what it stands under, which it often does not say itself."""

from __future__ import annotations

__all__ = ["HEADING_SEPARATOR", "embedded_text", "shortened"]

HEADING_SEPARATOR = " > "
_LONGEST_TITLE = 240


def embedded_text(title: str, heading: str, text: str) -> str:
    """Title and headings on one line, then the text; a heading that the text begins with is not said twice."""
    names = [shortened(title), *heading.split(HEADING_SEPARATOR)]
    own = {line.strip() for line in text[:1000].split("\n")[: 2 * len(names)]}
    above = [name for name in dict.fromkeys(names) if name and name not in own]
    return f"{HEADING_SEPARATOR.join(above)}\n{text}" if above else text


def shortened(title: str) -> str:
    """The title on one line and, when it is long, its first 240 characters, cut between words."""
    title = " ".join(title.split())
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[:_LONGEST_TITLE].rpartition(" ")[0] or title[:_LONGEST_TITLE]
