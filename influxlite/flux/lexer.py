"""Flux's text to tokens, one at a time.

A slash may begin a regular expression or divide, and the inside of an interpolated string is text: only the parser
knows which. So it asks for the next token in one of three modes, and can give the last one back (`unread`).
"""

from __future__ import annotations

import re
import unicodedata

from influxlite.flux.tokens import (
    ATTRIBUTE,
    COMMENT,
    DURATION,
    EOF,
    FLOAT,
    IDENT,
    ILLEGAL,
    INT,
    KEYWORDS,
    PUNCTUATION,
    QUOTE,
    REGEX,
    STRING,
    STRINGEXPR,
    TEXT,
    TIME,
    Token,
)

_ESCAPE = r'\\(?:[nrt\\"]|\$\{|x[0-9a-fA-F]{2})'
_STRING_CHAR = rf'[^\\$"]++|{_ESCAPE}|\$[^{{"]'  # a dollar takes the next character with it, so `$$` is plain text
_SPACE = re.compile(r"[ \t\n\v\f\r]+")

# The longest match wins: the alternatives are ordered so that the first that matches is the longest.
_MAIN = re.compile(
    rf"""
      (?P<ident>      [A-Za-z_][A-Za-z0-9_]*+ )
    | (?P<comment>    //[^\n]*+\n?+ )
    | (?P<punctuation> => | == | =~ | = | \|> | <- | <= | < | >= | > | != | !~ | [-+*/%^()\[\]{{}}:,?] )
    | (?P<string>     "(?:{_STRING_CHAR})*+\$?" )
    | (?P<time>       [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}
                      (?:T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]*)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)? )
    | (?P<duration>   (?:[0-9]++(?:mo|ms|m|us|µs|ns|y|w|d|h|s))+ )
    | (?P<float>      [0-9]+\.[0-9]*+ | \.[0-9]++ )
    | (?P<int>        [0-9]++ )
    | (?P<lone>       \. | " )
    | (?P<attribute>  @[A-Za-z_][A-Za-z0-9_]*+ )
    """,
    re.VERBOSE,
)
_GROUPS = {index: name for name, index in _MAIN.groupindex.items()}
_KINDS = {"comment": COMMENT, "string": STRING, "time": TIME, "duration": DURATION, "float": FLOAT, "int": INT}
_MAIN_KINDS = [_KINDS.get(_GROUPS.get(i, ""), "") for i in range(_MAIN.groups + 1)]
_IDENT_GROUP, _ATTRIBUTE_GROUP = _MAIN.groupindex["ident"], _MAIN.groupindex["attribute"]
_REGEX = re.compile(r"/(?:\\/|[^/])+/")
_TEXT = re.compile(rf"(?:{_STRING_CHAR})++")
_UNFINISHED_MAIN = frozenset({"|", "!", "@"})  # the beginnings of a token that the end of the source cuts off
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Mc"})


def _is_letter(char: str) -> bool:
    return unicodedata.category(char) in _LETTERS


class Lexer:
    """The tokens of one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._at = 0
        self._line = 1
        self._line_start = 0  # offset of the first character of the line
        self._before = (0, 1, 0)  # where the last token's scan began
        self._comments: tuple[str, ...] = ()
        self._bytes: list[int] | None = None if source.isascii() else _byte_offsets(source)

    def scan(self) -> Token:
        """The next token, where a slash divides."""
        return self._with_comments(regex=False)

    def scan_with_regex(self) -> Token:
        """The next token, where a slash begins a regular expression if one can be read."""
        return self._with_comments(regex=True)

    def scan_text(self) -> Token:
        """The next token inside an interpolated string: TEXT, STRINGEXPR (`${`), or the closing QUOTE."""
        source, at = self.source, self._at
        self._before = (at, self._line, self._line_start)
        if at == len(source):
            return self._end_of_file()
        if source.startswith("${", at):
            return self._token(STRINGEXPR, at, at + 2)
        if source[at] == '"':
            return self._token(QUOTE, at, at + 1)
        match = _TEXT.match(source, at)
        if match:
            return self._token(TEXT, at, match.end(), multiline=True)
        if source.startswith('$"', at):
            return self._token(TEXT, at, at + 1)
        if source[at] == "$" and at + 1 == len(source):
            return self._end_of_file()
        return self._token(ILLEGAL, at, at + 1)

    def unread(self, token: Token) -> None:
        """Go back before `token`, which must be the last one scanned; its comments come again before the next."""
        self._at, self._line, self._line_start = self._before
        self._comments = token.comments

    def _with_comments(self, *, regex: bool) -> Token:
        token = self._next(regex)
        while token.kind is COMMENT:
            self._comments += (token.text,)
            token = self._next(regex)
        if self._comments:
            token.comments = self._comments
            self._comments = ()
        return token

    def _next(self, regex: bool) -> Token:
        source, at = self.source, self._at
        self._before = (at, self._line, self._line_start)
        space = _SPACE.match(source, at)
        if space:
            end = space.end()
            lines = source.count("\n", at, end)
            if lines:
                self._line += lines
                self._line_start = source.rfind("\n", at, end) + 1
            at = end
        if at == len(source):
            self._at = at
            return self._end_of_file()
        if regex and source[at] == "/":
            match = _REGEX.match(source, at)
            if match:
                return self._token(REGEX, at, match.end(), multiline=True)
        match = _MAIN.match(source, at)
        if match is None:
            return self._beyond_ascii(at)
        group = match.lastindex or 0
        end = match.end()
        if group == _IDENT_GROUP:
            if self._bytes is not None and end < len(source) and source[end] > "\x7f":
                end = self._end_of_name(end)
            return self._token(KEYWORDS.get(source[at:end], IDENT), at, end)
        kind = _MAIN_KINDS[group]
        if kind:
            return self._token(kind, at, end, multiline=kind is STRING or kind is COMMENT)
        if group == _ATTRIBUTE_GROUP:
            return self._token(ATTRIBUTE, at, self._end_of_name(end))
        return self._token(PUNCTUATION[match.group()], at, end)

    def _beyond_ascii(self, at: int) -> Token:
        source = self.source
        char = source[at]
        if char > "\x7f" and _is_letter(char):
            return self._token(IDENT, at, self._end_of_name(at + 1))
        if char == "@" and at + 1 < len(source) and source[at + 1] > "\x7f" and _is_letter(source[at + 1]):
            return self._token(ATTRIBUTE, at, self._end_of_name(at + 2))
        if char in _UNFINISHED_MAIN and at + 1 == len(source):
            self._at = at + 1
            return self._end_of_file()
        return self._token(ILLEGAL, at, at + 1)

    def _end_of_name(self, at: int) -> int:
        source = self.source
        while at < len(source) and (
            (source[at].isascii() and (source[at].isalnum() or source[at] == "_"))
            or (source[at] > "\x7f" and _is_letter(source[at]))
        ):
            at += 1
        return at

    def _token(self, kind: str, start: int, end: int, *, multiline: bool = False) -> Token:
        source, bytes_ = self.source, self._bytes
        line, line_start = self._line, self._line_start
        start_column = start - line_start + 1 if bytes_ is None else bytes_[start] - bytes_[line_start] + 1
        if multiline:
            lines = source.count("\n", start, end)
            if lines:
                self._line += lines
                self._line_start = source.rfind("\n", start, end) + 1
        end_start = self._line_start
        end_column = end - end_start + 1 if bytes_ is None else bytes_[end] - bytes_[end_start] + 1
        self._at = end
        return Token(kind, source[start:end], start, line, start_column, self._line, end_column)

    def _end_of_file(self) -> Token:
        end, line, bytes_ = len(self.source), self._line, self._bytes
        column = end - self._line_start + 1 if bytes_ is None else bytes_[end] - bytes_[self._line_start] + 1
        self._at = end
        return Token(EOF, "", end, line, column, line, column)


def _byte_offsets(source: str) -> list[int]:
    """The offset in UTF-8 of each character, and of the end."""
    offsets = [0] * (len(source) + 1)
    total = 0
    for index, char in enumerate(source):
        code = ord(char)
        total += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        offsets[index + 1] = total
    return offsets
