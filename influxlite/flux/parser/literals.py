"""Names and literals."""

from __future__ import annotations

import re
from abc import abstractmethod

from influxlite.flux import nodes
from influxlite.flux.instants import canonical_instant
from influxlite.flux.parser.regexps import regexp_fault
from influxlite.flux.parser.stream import Stream, bad_expression, own, span, spot
from influxlite.flux.tokens import (
    DOT,
    DURATION,
    FLOAT,
    IDENT,
    INT,
    PIPE_RECEIVE,
    QUOTE,
    RBRACE,
    REGEX,
    STRING,
    STRINGEXPR,
    TEXT,
    TIME,
    Token,
)

_INT64_MAX = 2**63 - 1
_DURATION_PART = re.compile(r"(\d+)([^\d]+)", re.ASCII)
_ESCAPED = re.compile(r"\\(x(.{0,2})|.)", re.DOTALL)
_HEX_BYTE = re.compile("[0-9a-fA-F]{2}")
_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", '"': b'"', "$": b"$"}


class LiteralError(ValueError):
    """A literal whose text means nothing; the message is InfluxDB's."""


class Literals(Stream):
    """The productions without parts."""

    @abstractmethod
    def expression(self) -> nodes.Expression:
        """An expression: `${…}` holds one."""

    # Identifier = letter { letter | digit | "_" }
    def identifier(self) -> nodes.Identifier:
        """A name."""
        token = self.expect_or_skip(IDENT)
        return nodes.Identifier(spot(token), token.text, comments=own(token), errors=self.take_errors())

    # PropertyKey = Identifier | StringLiteral
    def property_key(self) -> nodes.Identifier | nodes.StringLiteral:
        """A key in a record type."""
        token = self.expect(IDENT, STRING)
        if token.kind is STRING:
            return self._string(token)
        return nodes.Identifier(spot(token), token.text, comments=own(token), errors=self.take_errors())

    # IntegerLiteral = "0" | ( "1" … "9" ) { digit }
    def integer_literal(self) -> nodes.IntegerLiteral:
        """A whole number: of 64 bits, and no zero before other digits."""
        token = self.expect(INT)
        value = 0
        if token.text.startswith("0") and len(token.text) > 1:
            self.errors.append(f'invalid integer literal "{token.text}": nonzero value cannot start with 0')
        elif len(token.text) > 19 or int(token.text) > _INT64_MAX:
            self.errors.append(f'invalid integer literal "{token.text}": value out of range')
        else:
            value = int(token.text)
        return nodes.IntegerLiteral(spot(token), value, comments=own(token), errors=self.take_errors())

    # FloatLiteral = digits "." [ digits ] | "." digits
    def float_literal(self) -> nodes.FloatLiteral:
        """A decimal number."""
        token = self.expect(FLOAT)
        return nodes.FloatLiteral(spot(token), float(token.text), comments=own(token), errors=self.take_errors())

    # StringLiteral = '"' { character | escape } '"'
    def string_literal(self) -> nodes.StringLiteral:
        """A string without interpolation."""
        return self._string(self.expect(STRING))

    def _string(self, token: Token) -> nodes.StringLiteral:
        text, value = token.text, ""
        if len(text) < 2 or text[0] != '"' or text[-1] != '"':
            self.errors.append("invalid string literal")
        else:
            try:
                value = unescape(text[1:-1])
            except LiteralError as error:
                self.errors.append(str(error))
        return nodes.StringLiteral(spot(token), value, comments=own(token), errors=self.take_errors())

    # StringExpression = '"' { TextPart | "${" Expression "}" } '"'
    def string_expression(self) -> nodes.Expression:
        """A string with interpolation, or one that does not end."""
        start = self.expect(QUOTE)
        parts: list[nodes.TextPart | nodes.InterpolatedPart] = []
        while True:
            token = self.lexer.scan_text()
            if token.kind is TEXT:
                try:
                    value = unescape(token.text)
                except LiteralError:
                    return bad_expression(token)
                parts.append(nodes.TextPart(spot(token), value, comments=own(token), errors=self.take_errors()))
            elif token.kind is STRINGEXPR:
                expression = self.expression()
                end = self.expect(RBRACE)
                parts.append(nodes.InterpolatedPart(span(token, end), expression, errors=self.take_errors()))
            elif token.kind is QUOTE:
                return nodes.StringExpression(span(start, token), parts, errors=self.take_errors())
            else:
                self.errors.append(f"got unexpected token in string expression {spot(token)}: {token.kind}")
                return nodes.StringExpression(span(start, token), [], errors=self.take_errors())

    # RegexpLiteral = "/" { character | "\/" } "/"
    def regexp_literal(self) -> nodes.RegexpLiteral:
        """A regular expression."""
        token = self.expect(REGEX)
        value = ""
        try:
            value = regexp_value(token.text[1:-1])
        except LiteralError as error:
            self.errors.append(str(error))
        return nodes.RegexpLiteral(spot(token), value, comments=own(token), errors=self.take_errors())

    # DateTimeLiteral = date [ "T" time offset ]
    def time_literal(self) -> nodes.Expression:
        """An instant, or midnight UTC of a date."""
        token = self.expect(TIME)
        try:
            value = canonical_instant(token.text)
        except ValueError:
            return bad_expression(token, "invalid date time literal, missing time offset")
        return nodes.DateTimeLiteral(spot(token), value, comments=own(token), errors=self.take_errors())

    # DurationLiteral = { digits unit }
    def duration_literal(self) -> nodes.Expression:
        """A length of time: `1h30m`."""
        token = self.expect(DURATION)
        values = [
            nodes.Duration(int(magnitude), "us" if unit == "µs" else unit)
            for magnitude, unit in _DURATION_PART.findall(token.text)
        ]
        if any(part.magnitude > _INT64_MAX for part in values):
            return bad_expression(token)
        return nodes.DurationLiteral(spot(token), values, comments=own(token), errors=self.take_errors())

    # PipeLiteral = "<-"
    def pipe_literal(self) -> nodes.PipeLiteral:
        """The mark of the parameter that a pipe fills."""
        token = self.expect(PIPE_RECEIVE)
        return nodes.PipeLiteral(spot(token), comments=own(token), errors=self.take_errors())

    # LabelLiteral = "." ( Identifier | StringLiteral )
    def label_literal(self) -> nodes.LabelLiteral:
        """A column's name."""
        dot = self.expect(DOT)
        token = self.expect(IDENT, STRING)
        label = nodes.LabelLiteral(span(dot, token), token.text, errors=self.take_errors())
        if token.kind is STRING:
            label.value = self._string(token).value
        return label


def unescape(text: str) -> str:
    """The text that a string's inside means. LiteralError for an unknown escape or bytes that are no UTF-8."""
    if "\\" not in text:
        return text

    out = bytearray()
    at = 0
    for match in _ESCAPED.finditer(text):
        out += text[at : match.start()].encode()
        at = match.end()
        if match.group(2) is not None:
            out.append(_hex_byte(match.group(2)))
        elif match.group(1) in _ESCAPES:
            out += _ESCAPES[match.group(1)]
        else:
            raise LiteralError(f"invalid escape character {match.group(1)}")
    if text[at:].endswith("\\"):
        raise LiteralError("invalid escape sequence")
    out += text[at:].encode()
    return _decode(bytes(out))


def regexp_value(text: str) -> str:
    r"""The regular expression between the slashes: `\/` is a slash, `\xHH` a byte, all else is the expression's own."""
    value = text
    if "\\" in text:
        out = bytearray()
        at = 0
        for match in _ESCAPED.finditer(text):
            out += text[at : match.start()].encode()
            at = match.end()
            if match.group(2) is not None:
                out.append(_hex_byte(match.group(2)))
            else:
                out += b"/" if match.group(1) == "/" else match.group().encode()
        if text[at:].endswith("\\"):
            raise LiteralError("unterminated regex sequence")
        value = _decode(bytes(out + text[at:].encode()))
    fault = regexp_fault(value)
    if fault:
        raise LiteralError(fault)
    return value


def _hex_byte(digits: str) -> int:
    if len(digits) < 2:
        raise LiteralError(rf"\x followed by {len(digits)} char, must be 2")
    if not _HEX_BYTE.fullmatch(digits):
        raise LiteralError("invalid byte value")
    return int(digits, 16)


def _decode(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise LiteralError(f"incomplete utf-8 byte sequence from index {error.start}") from None
        count = error.end - error.start
        raise LiteralError(f"invalid utf-8 sequence of {count} bytes from index {error.start}") from None
