"""regexp: searching, replacing and splitting texts by regular expressions."""

from __future__ import annotations

import re2

from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Regexp


@function("(v: string) => regexp")
def compile_(v: str) -> Regexp:
    """A regular expression out of a text.

    import "regexp"
    array.from(rows: [{a: "abc" =~ regexp.compile(v: "b")}])
    """
    return Regexp(v)


@function("(v: string) => string")
def quote_meta(v: str) -> str:
    """A text with all that has a meaning in regular expressions escaped.

    import "regexp"
    array.from(rows: [{a: regexp.quoteMeta(v: "a.b")}])
    """
    return "".join("\\" + c if c in "\\.+*?()|[]{}^$" else c for c in v)


@function("(r: regexp, v: string) => string")
def find_string(r: Regexp, v: str) -> str:
    """The first match of `r` in `v`, empty where there is none.

    import "regexp"
    array.from(rows: [{a: regexp.findString(r: /fo./, v: "a foo")}])
    """
    found = r.compiled.search(v)
    return found.group(0) if found else ""


@function("(r: regexp, v: string) => [int]")
def find_string_index(r: Regexp, v: str) -> list[int]:
    """Where, in bytes, the first match of `r` in `v` begins and ends; empty where there is none.

    import "regexp"
    array.from(rows: [{a: regexp.findStringIndex(r: /fo./, v: "a foo")[0]}])
    """
    found = r.compiled.search(v)
    if not found:
        return []
    return [len(v[: found.start()].encode()), len(v[: found.end()].encode())]


@function("(r: regexp, v: string) => bool")
def match_regexp_string(r: Regexp, v: str) -> bool:
    """Whether `r` matches anywhere in `v`.

    import "regexp"
    array.from(rows: [{a: regexp.matchRegexpString(r: /o/, v: "foo")}])
    """
    return r.matches(v)


@function("(r: regexp, v: string, t: string) => string")
def replace_all_string(r: Regexp, v: str, t: str) -> str:
    """`v` with each match of `r` replaced by `t`, in which `$1` and `${name}` stand for groups.

    import "regexp"
    array.from(rows: [{a: regexp.replaceAllString(r: /a(x*)b/, v: "-ab-axxb-", t: "T")}])
    """
    out, position = [], 0
    for match in r.compiled.finditer(v):
        out += [v[position : match.start()], _expand(t, match)]
        position = match.end()
    return "".join([*out, v[position:]])


_GROUP = re2.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def _expand(template: str, match: object) -> str:
    groups = match.groups()  # type: ignore[attr-defined]
    names = match.groupdict()  # type: ignore[attr-defined]

    def text(found: object) -> str:
        dollar, bare, braced = found.groups()  # type: ignore[attr-defined]
        if dollar:
            return "$"
        name = bare or braced
        if name.isdigit():
            number = int(name)
            value = match.group(0) if number == 0 else groups[number - 1] if number <= len(groups) else ""  # type: ignore[attr-defined]
        else:
            value = names.get(name, "")
        return value or ""

    out, position = [], 0
    for found in _GROUP.finditer(template):
        out += [template[position : found.start()], text(found)]
        position = found.end()
    return "".join([*out, template[position:]])


@function("(r: regexp, v: string, i: int) => [string]")
def split_regexp(r: Regexp, v: str, i: int) -> list[str]:
    """`v` split at matches of `r` into at most `i` parts; all of them where `i` is negative.

    import "regexp"
    array.from(rows: [{a: regexp.splitRegexp(r: /a*/, v: "abaabaccadaaae", i: 5)[1]}])
    """
    if i == 0:
        return []
    parts, position, end = [], 0, 0
    for match in r.compiled.finditer(v):
        if 0 < i <= len(parts) + 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(v[position:end])
        position = match.end()
    if end != len(v):
        parts.append(v[position:])
    return parts


@function("(r: regexp) => string")
def get_string(r: Regexp) -> str:
    """The text of a regular expression.

    import "regexp"
    array.from(rows: [{a: regexp.getString(r: /foo/)}])
    """
    return r.source
