"""regexp.compile, quoteMeta, getString, findString, findStringIndex, matchRegexpString: asking with expressions."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.stdlib.regexp.refusing import refuse
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Regexp, is_null

SPECIAL = frozenset("\\.+*?()|[]{}^$")


@function("(v: string) => regexp", "compile")
def compile_(v: str) -> Regexp:
    """A regular expression out of a text.

    import "regexp"
    array.from(rows: [{a: "abc" =~ regexp.compile(v: "b")}])
    """
    if is_null(v):
        raise invalid("cannot convert argument v of type string value <nil> to Regex")
    try:
        return Regexp(v)
    except FluxError as problem:
        raise FluxError("internal error", problem.message) from None


@function("(v: string) => string")
def quote_meta(v: str) -> str:
    """A text with all that has a meaning in regular expressions escaped.

    import "regexp"
    array.from(rows: [{a: regexp.quoteMeta(v: "a.b")}])
    """
    if is_null(v):
        what = "cannot escape all regular expression metacharacters inside argument v"
        raise invalid(f"{what} of type string value <nil>")
    return "".join("\\" + c if c in SPECIAL else c for c in v)


@function("(r: regexp) => string")
def get_string(r: Regexp) -> str:
    """The text of a regular expression.

    import "regexp"
    array.from(rows: [{a: regexp.getString(r: /foo/)}])
    """
    refuse(r=r)
    return r.source


@function("(r: regexp, v: string) => string")
def find_string(r: Regexp, v: str) -> str:
    """The first match of `r` in `v`, empty where there is none.

    import "regexp"
    array.from(rows: [{a: regexp.findString(r: /fo./, v: "a foo")}])
    """
    refuse(r=r, v=v)
    found = r.compiled.search(v)
    return found.group(0) if found else ""


@function("(r: regexp, v: string) => [int]")
def find_string_index(r: Regexp, v: str) -> list[int]:
    """Where, in bytes, the first match of `r` in `v` begins and ends; empty where there is none.

    import "regexp"
    array.from(rows: [{a: regexp.findStringIndex(r: /fo./, v: "a foo")[0]}])
    """
    refuse(r=r, v=v)
    found = r.compiled.search(v)
    if not found:
        return []
    return [len(v[: found.start()].encode()), len(v[: found.end()].encode())]


@function("(r: regexp, v: string) => bool")
def match_regexp_string(r: Regexp, v: Any) -> bool:
    """Whether `r` matches anywhere in `v`.

    import "regexp"
    array.from(rows: [{a: regexp.matchRegexpString(r: /o/, v: "foo")}])
    """
    refuse(r=r, v=v)
    return r.matches(v)
