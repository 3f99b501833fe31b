"""The tokens of Flux. A kind is the name that InfluxDB's messages use for it: "IDENT", "RPAREN" …"""

from __future__ import annotations

EOF = "EOF"
ILLEGAL = "ILLEGAL"
COMMENT = "COMMENT"
IDENT = "IDENT"
INT, FLOAT, STRING, REGEX, TIME, DURATION = "INT", "FLOAT", "STRING", "REGEX", "TIME", "DURATION"
ATTRIBUTE = "ATTRIBUTE"
QUOTE, STRINGEXPR, TEXT = "QUOTE", "STRINGEXPR", "TEXT"  # the parts of a string with ${…} in it

AND, OR, NOT, EXISTS = "AND", "OR", "NOT", "EXISTS"
IMPORT, PACKAGE, OPTION, BUILTIN, TESTCASE, RETURN = "IMPORT", "PACKAGE", "OPTION", "BUILTIN", "TESTCASE", "RETURN"
IF, THEN, ELSE = "IF", "THEN", "ELSE"

ADD, SUB, MUL, DIV, MOD, POW = "ADD", "SUB", "MUL", "DIV", "MOD", "POW"
EQ, NEQ, LT, LTE, GT, GTE, REGEXEQ, REGEXNEQ = "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "REGEXEQ", "REGEXNEQ"
ASSIGN, ARROW, PIPE_FORWARD, PIPE_RECEIVE = "ASSIGN", "ARROW", "PIPE_FORWARD", "PIPE_RECEIVE"
LPAREN, RPAREN, LBRACK, RBRACK, LBRACE, RBRACE = "LPAREN", "RPAREN", "LBRACK", "RBRACK", "LBRACE", "RBRACE"
COMMA, DOT, COLON, QUESTION_MARK = "COMMA", "DOT", "COLON", "QUESTION_MARK"

KEYWORDS = {
    "and": AND, "or": OR, "not": NOT, "exists": EXISTS, "import": IMPORT, "package": PACKAGE, "option": OPTION,
    "builtin": BUILTIN, "testcase": TESTCASE, "return": RETURN, "if": IF, "then": THEN, "else": ELSE,
}  # fmt: skip

PUNCTUATION = {
    "+": ADD, "-": SUB, "*": MUL, "/": DIV, "%": MOD, "^": POW, "==": EQ, "!=": NEQ, "<": LT, "<=": LTE, ">": GT,
    ">=": GTE, "=~": REGEXEQ, "!~": REGEXNEQ, "=": ASSIGN, "=>": ARROW, "|>": PIPE_FORWARD, "<-": PIPE_RECEIVE,
    "(": LPAREN, ")": RPAREN, "[": LBRACK, "]": RBRACK, "{": LBRACE, "}": RBRACE, ",": COMMA, ".": DOT, ":": COLON,
    "?": QUESTION_MARK, '"': QUOTE,
}  # fmt: skip


class Token:
    """One token: its kind, its text, where it stands, and the comments before it.

    `start` is its offset in characters. Lines and columns count from 1, columns in bytes of UTF-8.
    """

    __slots__ = ("comments", "end_column", "end_line", "kind", "start", "start_column", "start_line", "text")

    def __init__(
        self, kind: str, text: str, start: int, start_line: int, start_column: int, end_line: int, end_column: int
    ) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.start_line = start_line
        self.start_column = start_column
        self.end_line = end_line
        self.end_column = end_column
        self.comments: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Token({self.kind}, {self.text!r}, {self.start_line}:{self.start_column})"
