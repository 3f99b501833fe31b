"""The parser's hands: looking at tokens, expecting them, remembering what went wrong.

An error is noted the moment it is seen and then belongs to the next node that is finished, which is the one it was
found in. Parsing goes on after it: one reading reports all that is wrong, and the messages agree with InfluxDB's.
"""

from __future__ import annotations

from influxlite.flux.lexer import Lexer
from influxlite.flux.nodes import BadExpression, Comments, Node, SourceLocation
from influxlite.flux.tokens import DIV, EOF, ILLEGAL, Token

MAX_DEPTH = 80  # of expressions and statements within each other, as in InfluxDB
TOO_DEEP = "Program is nested too deep"


class Stream:
    """The tokens of one source, one of which may be looked at before it is taken."""

    def __init__(self, source: str) -> None:
        self.lexer = Lexer(source)
        self.ahead: Token | None = None
        self.errors: list[str] = []
        self.depth = 0
        self._open: dict[str, int] = {}  # how many blocks wait for this closing token

    # Tokens ---------------------------------------------------------------------------------------------------

    def peek(self) -> Token:
        """The next token; it stays."""
        token = self.ahead
        if token is None:
            token = self.ahead = self.lexer.scan()
        return token

    def peek_with_regex(self) -> Token:
        """The next token where an expression begins, so that a slash opens a regular expression; it stays."""
        token = self.ahead
        if token is None:
            token = self.ahead = self.lexer.scan_with_regex()
        elif token.kind is DIV:
            self.lexer.unread(token)
            token = self.ahead = self.lexer.scan_with_regex()
        return token

    def scan(self) -> Token:
        """Take the next token."""
        token = self.ahead
        if token is None:
            return self.lexer.scan()
        self.ahead = None
        return token

    def expect(self, *kinds: str) -> Token:
        """Take the next token, and note an error when it is of none of these kinds."""
        token = self.scan()
        if token.kind not in kinds:
            self.errors.append(f"expected {_one_of(kinds)}, got {_found(token)}")
        return token

    def expect_or_skip(self, kind: str) -> Token:
        """Take the next token if it is of this kind; else note an error, leave it, and answer a token without width."""
        token = self.peek()
        if token.kind is kind:
            self.ahead = None
            return token
        self.errors.append(f"expected {kind}, got {_found(token)}")
        if token.kind is EOF:
            return token
        line, column = token.start_line, token.start_column
        return Token(ILLEGAL, "", token.start, line, column, line, column)

    # Blocks ---------------------------------------------------------------------------------------------------

    def open(self, start: str, end: str) -> Token:
        """Enter a block that `end` will close."""
        token = self.expect(start)
        self._open[end] = self._open.get(end, 0) + 1
        return token

    def more(self) -> bool:
        """Does the innermost block go on? Not at the end of the source, nor before what closes any open block."""
        kind = (self.ahead or self.peek()).kind
        return kind is not EOF and not self._open.get(kind)

    def close(self, end: str) -> Token:
        """Leave the block: take its closing token, or note that it is missing and answer the one that stands there."""
        self._open[end] -= 1
        token = self.peek()
        if token.kind is end:
            self.ahead = None
        else:
            self.errors.append(f"expected {end}, got {token.kind}")
        return token

    # Nodes ----------------------------------------------------------------------------------------------------

    def take_errors(self) -> list[str] | None:
        """The errors noted since the last node: they go to the one that is being made."""
        if not self.errors:
            return None
        errors, self.errors = self.errors, []
        return errors

    def notes(self, **tokens: Token) -> Comments | None:
        """The comments before these tokens, by the place that each of them has in the node."""
        found = {place: token.comments for place, token in tokens.items() if token.comments}
        return found or None

    def deeper(self) -> bool:
        """Count one level of nesting; False, and an error noted, when there are too many. Pair it with `depth -= 1`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.errors.append(TOO_DEEP)
            return False
        return True


def spot(token: Token) -> SourceLocation:
    """Where a token stands."""
    return SourceLocation(token.start_line, token.start_column, token.end_line, token.end_column)


def span(start: Token, end: Token) -> SourceLocation:
    """From the start of one token to the end of another."""
    return SourceLocation(start.start_line, start.start_column, end.end_line, end.end_column)


def span_to(start: Token, end: Node) -> SourceLocation:
    """From the start of a token to the end of a node."""
    return SourceLocation(start.start_line, start.start_column, end.location.end_line, end.location.end_column)


def span_from(start: Node, end: Token) -> SourceLocation:
    """From the start of a node to the end of a token."""
    return SourceLocation(start.location.start_line, start.location.start_column, end.end_line, end.end_column)


def join(start: Node, end: Node) -> SourceLocation:
    """From the start of one node to the end of another."""
    first, last = start.location, end.location
    return SourceLocation(first.start_line, first.start_column, last.end_line, last.end_column)


def own(token: Token) -> Comments | None:
    """The comments before a token that is a node of its own."""
    return {"": token.comments} if token.comments else None


def bad_expression(token: Token, text: str | None = None) -> BadExpression:
    """What stands for an expression where none can begin. It leaves the noted errors to the node around it."""
    return BadExpression(spot(token), f"invalid token for primary expression: {token.kind}" if text is None else text)


def _one_of(kinds: tuple[str, ...]) -> str:
    if len(kinds) == 1:
        return kinds[0]
    *first, last = (f" `{kind}`" for kind in kinds)
    return ",".join(first) + " or" + last


def _found(token: Token) -> str:
    if token.kind is EOF:
        return EOF
    return f"{token.kind} ({token.text}) at {token.start_line}:{token.start_column}"
