"""testing.assertEquals, assertEmpty, diff, shouldError …: tables set against what they should be."""

from __future__ import annotations

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.experimental.diff import diff as _diff
from influxlite.flux.stdlib.registry import flux, option, transformation

tags = option("[A]", [], "Words by which tests are chosen.")
load = flux(
    "(<-tables: A) => A",
    "(tables=<-) => tables",
    """Where a test's tables come in: as they are, unless a script sets it.

        import "testing"
        array.from(rows: [{a: 1}]) |> testing.load()
    """,
)
diff = flux(
    "(<-got: stream[A], want: stream[A], ?verbose: B, ?epsilon: C, ?nansEqual: D) => stream[{A with _diff: string}]",
    """(got=<-, want, verbose=false, epsilon=0.000001, nansEqual=false) =>
        experimental.diff(got: got, want: want) |> yield(name: "errorOutput")""",
    """The rows in which two streams differ, as the result `errorOutput`.

        import "testing"
        array.from(rows: [{a: 1}]) |> testing.diff(want: array.from(rows: [{a: 2}]))
    """,
    imports=("experimental",),
)
assert_equal_values = flux(
    "(got: A, want: A) => stream[{v: A, _diff: string}]",
    "(got, want) => diff(got: array.from(rows: [{v: got}]), want: array.from(rows: [{v: want}]))",
    """A result with two rows where two values differ, without rows where they are equal.

        import "testing"
        testing.assertEqualValues(got: 1, want: 2)
    """,
    imports=("array",),
)
should_error = flux(
    "(fn: () => A, want: regexp) => stream[{v: string}]",
    """(fn, want) => {
        got = experimental.catch(fn: fn)

        return if exists got.msg then
            array.from(rows: [{v: got.msg}]) |> filter(fn: (r) => r.v !~ want) |> yield(name: "errorOutput")
        else
            die(msg: "shouldError expected an error")
    }""",
    """A result with the message of the error of `fn` where `want` does not match it; an error where there was none.

        import "testing"
        testing.shouldError(fn: () => die(msg: "no"), want: /yes/)
    """,
    imports=("array", "experimental"),
)


@transformation("(name: string, <-got: stream[A], want: stream[A]) => stream[A]")
def assert_equals(name: str, got: Tables, want: Tables) -> Tables:
    """`got`, where it holds the same tables as `want`; otherwise an error that names the test.

    import "testing"
    array.from(rows: [{a: 1}]) |> testing.assertEquals(name: "same", want: array.from(rows: [{a: 1}]))
    """
    if any(block.table_count for block in _diff.python(got, want)):
        raise FluxError("internal error", f"test {name}: tables not equal")
    return got


@transformation("(<-tables: stream[A]) => stream[A]")
def assert_empty(tables: Tables) -> Tables:
    """The tables, where none of them has a row; otherwise an error.

    import "testing"
    array.from(rows: [{a: 1}]) |> filter(fn: (r) => r.a > 1, onEmpty: "keep") |> testing.assertEmpty()
    """
    full = sum(int((block.counts() > 0).sum()) for block in tables)
    if full:
        raise FluxError("aborted", f"found {full} tables that were not empty", placed=True)
    return tables
