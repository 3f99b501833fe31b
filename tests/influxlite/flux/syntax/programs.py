"""Random Flux: programs that are right, by the grammar, and programs that are made wrong by a few changes."""

from hypothesis import strategies as st

NAMES = ("a", "b", "r", "from", "_value", "tables", "é", "x1")
KEYS = (*NAMES, "with", '"a b"', '"é"', '""')
LITERALS = (
    *("0", "42", "1.5", ".5", '"text"', '"\\n\\"q"', '"\\x41"', "1h30m", "2mo", "2020-01-02", "2020-01-02T03:04:05.5Z"),
    *("/a.c/", "/x\\/y/", "r._value", 'r["_field"]', "[]", "[:]", "{}", "now()"),
)
BINARY = ("+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "and", "or", "=~", "!~")
PIECES = (
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "/",
        "|>",
        "=>",
        "=",
        ".",
        ",",
        ":",
        "-",
        "${",
        "$",
        "\\",
        "<-",
        "?",
        "|",
        "!",
    ),
    *("not ", "exists ", "if ", "then ", "else ", "option ", "builtin ", "testcase ", "return ", "import ", "package "),
    *("with ", "where ", "1h", "01", "2018-01-01", "99999999999999999999", '"a${b}c"', "/x/", "@a(1)", "stream[", "é"),
    *("µ", "~", "²", '"\\q"', "//c\n", "\n", "\r\n", "\t", "\x00", "\x0b", " x ", "y", "1"),
)
PARAMETERS = ("", "a", "r", "a, b", "a, b=1", "t=<-", "t=<-, x={}")
SIMPLE_STATEMENTS = (
    "// note",
    "builtin f : (<-t: stream[A], ?n: int) => stream[A] where A: Record",
    '@a("x", 1)\nx = 1',
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """An expression whose parts nest at most `depth` deep."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from((*NAMES, *LITERALS)))

    def inner() -> str:
        return draw(expressions(depth - 1))

    def listed(keys: tuple[str, ...], most: int) -> str:
        return ", ".join(f"{draw(st.sampled_from(keys))}: {inner()}" for _ in range(draw(st.integers(0, most))))

    def name() -> str:
        return draw(st.sampled_from(NAMES))

    made = {
        "binary": lambda: f"{inner()} {draw(st.sampled_from(BINARY))} {inner()}",
        "unary": lambda: f"({draw(st.sampled_from(('-', 'not ', 'exists ')))}{inner()})",
        "paren": lambda: f"({inner()})",
        "array": lambda: f"[{', '.join(inner() for _ in range(draw(st.integers(0, 3))))}]",
        "record": lambda: f"{{{listed(KEYS, 3)}}}",
        "with": lambda: f"{{r with {name()}: {inner()}}}",
        "dict": lambda: f"[{inner()}: {inner()}]",
        "function": lambda: f"(({draw(st.sampled_from(PARAMETERS))}) => ({inner()}))",
        "block": lambda: f"((r) => {{ {name()} = {inner()}\n return {inner()} }})",
        "pipe": lambda: f"{inner()}\n  |> {name()}({listed(NAMES, 2)})",
        "index": lambda: f"(({inner()})[{inner()}])",
        "member": lambda: f"{name()}({listed(NAMES, 2)}).{name()}",
        "conditional": lambda: f"(if {inner()} then {inner()} else {inner()})",
        "string": lambda: f'"a ${{{inner()}}} b"',
    }
    return made[draw(st.sampled_from(sorted(made)))]()


@st.composite
def statements(draw: st.DrawFn) -> str:
    """A statement that no line before it can take for its continuation."""
    name, expression = draw(st.sampled_from(NAMES)), draw(expressions())
    forms = (
        *(f"{name} = {expression}", f"option {name} = {expression}", f"option {name}.b = {expression}"),
        *(f"testcase t {{ x = {expression} }}", *SIMPLE_STATEMENTS),
    )
    return draw(st.sampled_from(forms))


def programs() -> st.SearchStrategy[str]:
    """A program without faults."""
    return st.tuples(expressions(), st.lists(statements(), max_size=3)).map(lambda p: "\n".join([p[0], *p[1]]))


@st.composite
def broken_programs(draw: st.DrawFn) -> str:
    """A program into which a few pieces were put and from which a few characters were taken."""
    source = draw(programs())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(source)))
        if draw(st.booleans()):
            source = source[:at] + draw(st.sampled_from(PIECES)) + source[at:]
        else:
            source = source[:at] + source[at + draw(st.integers(1, 5)) :]
    return source


def scraps() -> st.SearchStrategy[str]:
    """Pieces in any order."""
    return st.lists(st.sampled_from(PIECES), max_size=15).map("".join)
