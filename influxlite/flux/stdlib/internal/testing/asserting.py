"""testing.assertMatches, shouldErrorWithCode: a text, or an error, set against what it should be."""

from influxlite.flux.stdlib.registry import flux

should_error_with_code = flux(
    "(fn: () => A, want: regexp, code: uint) => stream[{code: uint, match: bool, _diff: string}]",
    """(fn, want, code) => {
        got = experimental.catch(fn)

        return if exists got.msg then
            testing.diff(
                got: array.from(rows: [{code: got.code, match: got.msg =~ want}]),
                want: array.from(rows: [{code: code, match: true}]),
            )
        else
            die(msg: "shouldErrorWithCode expected an error")
    }""",
    """A result with two rows where the error of `fn` has another code or its message does not match `want`.

    Without an error it is one itself.

        import "internal/testing"
        testing.shouldErrorWithCode(fn: () => die(msg: "no"), want: /yes/, code: uint(v: 3))
    """,
    imports=("array", "experimental", "testing"),
)
assert_matches = flux(
    "(got: string, want: regexp) => stream[{v: string, _diff: string}]",
    """(got, want) => if got =~ want then
        testing.assertEqualValues(got: "", want: "")
    else
        die(msg: "Regex `${regexp.getString(r: want)}` does not match `${got}`")""",
    """A result without rows, where a text matches; otherwise an error.

        import "internal/testing"
        testing.assertMatches(got: "room 101", want: /[0-9]+/)
    """,
    imports=("regexp", "testing"),
)
