"""Text to tokens."""

import pytest

from influxlite.flux.lexer import Lexer
from influxlite.flux.tokens import EOF, ILLEGAL, Token


def tokens(source: str, *, regex: bool = False) -> list[Token]:
    """All tokens of a source but the last."""
    lexer, found = Lexer(source), list[Token]()
    while True:
        token = lexer.scan_with_regex() if regex else lexer.scan()
        if token.kind is EOF:
            return found
        found.append(token)


TABLE = [
    ("a _b c1", "IDENT IDENT IDENT"),
    ("and or not exists if then else", "AND OR NOT EXISTS IF THEN ELSE"),
    ("import package option builtin testcase return", "IMPORT PACKAGE OPTION BUILTIN TESTCASE RETURN"),
    ("android nothing", "IDENT IDENT"),
    ("1 12.5 .5 3. 1..2", "INT FLOAT FLOAT FLOAT FLOAT FLOAT"),
    ("1h 1mo2d 5ms 3µs 1h30", "DURATION DURATION DURATION DURATION DURATION INT"),
    ("2020-01-02 2020-01-02T03:04:05Z 2020-01-02T03:04:05.5-07:00", "TIME TIME TIME"),
    ("2020-01-02T03", "TIME IDENT"),
    ('"a" "" "\\"" "$x" "x$"', "STRING STRING STRING STRING STRING"),
    ('"${', "QUOTE ILLEGAL LBRACE"),
    ("+ - * / % ^", "ADD SUB MUL DIV MOD POW"),
    ("== != < <= > >= =~ !~", "EQ NEQ LT LTE GT GTE REGEXEQ REGEXNEQ"),
    ("= => |> <-", "ASSIGN ARROW PIPE_FORWARD PIPE_RECEIVE"),
    ("( ) [ ] { } , . : ?", "LPAREN RPAREN LBRACK RBRACK LBRACE RBRACE COMMA DOT COLON QUESTION_MARK"),
    ("<-a a<-b a< -b", "PIPE_RECEIVE IDENT IDENT PIPE_RECEIVE IDENT IDENT LT SUB IDENT"),
    ("@edition @a1", "ATTRIBUTE ATTRIBUTE"),
    ("ä é1 漢字 a漢", "IDENT IDENT IDENT IDENT"),
    ("& ; ~ ² €", "ILLEGAL ILLEGAL ILLEGAL ILLEGAL ILLEGAL"),
    ("a ! b", "IDENT ILLEGAL IDENT"),
    ("a !", "IDENT"),
    ("a\r\n\tb", "IDENT IDENT"),
]


@pytest.mark.parametrize(("source", "kinds"), TABLE)
def test_kinds(source: str, kinds: str) -> None:
    """Each text is made of these kinds of tokens."""
    assert " ".join(token.kind for token in tokens(source)) == kinds


def test_a_slash_is_a_regular_expression_only_where_one_is_asked_for() -> None:
    """`/a/` is one token or three, as the parser wants."""
    assert [token.kind for token in tokens("/a/")] == ["DIV", "IDENT", "DIV"]
    assert [(token.kind, token.text) for token in tokens(r"/a\/b/", regex=True)] == [("REGEX", r"/a\/b/")]
    assert [token.kind for token in tokens("/a", regex=True)] == ["DIV", "IDENT"]
    assert [token.kind for token in tokens("// a", regex=True)] == []


def test_positions_count_bytes() -> None:
    """Columns count bytes of UTF-8 and begin at 1; the end is exclusive."""
    first, second = tokens('\n  "é" x')
    assert (first.start_line, first.start_column, first.end_line, first.end_column) == (2, 3, 2, 7)
    assert (second.start_line, second.start_column) == (2, 8)


def test_a_string_over_lines_ends_where_its_quote_is() -> None:
    """A token that spans lines has its end on the last of them, and lines go on counting after it."""
    text, after = tokens('"a\nbc" x')
    assert (text.start_line, text.start_column, text.end_line, text.end_column) == (1, 1, 2, 4)
    assert (after.start_line, after.start_column) == (2, 5)


def test_comments_go_to_the_token_after_them() -> None:
    """Comments are kept, with their line ends, at the next token."""
    (token,) = tokens("// one\n// two\nx")
    assert token.comments == ("// one\n", "// two\n")


def test_unread_gives_the_token_again_with_its_comments() -> None:
    """What was given back is scanned again, in another mode if need be."""
    lexer = Lexer("// c\n/a/ b")
    slash = lexer.scan()
    lexer.unread(slash)
    again = lexer.scan_with_regex()
    assert (again.kind, again.text, again.comments) == ("REGEX", "/a/", ("// c\n",))
    assert lexer.scan().text == "b"


def test_the_inside_of_a_string() -> None:
    """In text mode everything up to `${` or the quote is one token, newlines and spaces included."""
    lexer = Lexer('"a $ \n\\" ${')
    assert lexer.scan().kind == "QUOTE"
    text = lexer.scan_text()
    assert (text.kind, text.text) == ("TEXT", 'a $ \n\\" ')
    assert lexer.scan_text().kind == "STRINGEXPR"
    assert lexer.scan_text().kind == EOF


def test_a_wrong_escape_is_illegal() -> None:
    """A backslash before what it cannot escape is a token of its own, so that the message can point at it."""
    lexer = Lexer('"a\\q"')
    lexer.scan()
    assert lexer.scan_text().text == "a"
    assert lexer.scan_text().kind == ILLEGAL
