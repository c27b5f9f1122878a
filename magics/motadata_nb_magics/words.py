"""A magic's line as words."""

from __future__ import annotations

import re

from motadata_nb.errors import InvalidInput

__all__ = ["Word", "words"]


class Word(str):
    """A word of the line; `quoted` when it stood in quotes, so that it is not taken for an option."""

    quoted = False


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<fill>\{\{.*?\}\})                              # stays one piece, whatever stands inside
    | (?P<escaped>\\(?=[\s"'])[\s"'])                    # my\ file.pdf; any other backslash is itself
    | (?P<quoted>(?P<quote>["'])(?P<inside>.*?)(?<!\\)(?P=quote)(?=\s|$|;))
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def words(line: str) -> list[Word]:
    """Words of the line: quotes group, `{{ … }}` stays one word, a quote inside a word is itself, `# …` is a comment.

    >>> words('handbook --where "page > 3" --k {{ n + 1 }}  # few')
    ['handbook', '--where', 'page > 3', '--k', '{{ n + 1 }}']
    """
    found: list[Word] = []
    current: str | None = None
    quoted = False
    position = 0
    while position < len(line):
        token = _TOKEN.match(line, position)
        assert token is not None  # the last alternative takes anything
        kind, text = token.lastgroup, token.group()
        opens = current is None or current.endswith("=")
        if kind == "quoted" and not opens:
            kind, text = "other", text[0]
        if kind == "space":
            if current is not None:
                found.append(_word(current, quoted))
            current, quoted = None, False
        elif kind == "quoted":
            quoted = quoted or current is None
            current = (current or "") + token.group("inside").replace('\\"', '"').replace("\\'", "'")
        elif current is None and text == "#" and line[position + 1 : position + 2] in ("", " "):
            break
        elif opens and kind == "other" and text in "\"'":
            raise InvalidInput(f"A quote is not closed: {line[position:]}", f"Close it with {text}.")
        else:
            current = (current or "") + (text[1:] if kind == "escaped" else text)
        position += len(text) if kind != "quoted" else len(token.group())
    if current is not None:
        found.append(_word(current, quoted))
    return found


def _word(text: str, quoted: bool) -> Word:
    word = Word(text)
    word.quoted = quoted
    return word
