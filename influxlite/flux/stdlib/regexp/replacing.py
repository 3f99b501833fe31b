"""regexp.replaceAllString, splitRegexp: texts changed and cut where an expression matches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import re2

from influxlite.flux.stdlib.regexp.refusing import refuse
from influxlite.flux.stdlib.registry import function
from influxlite.flux.texts import check_length
from influxlite.flux.values import Regexp

_GROUP = re2.compile(r"\$(?:(\$)|([\pL\pN_]+)|\{([\pL\pN_]+)\})")


def matches(r: Regexp, v: str) -> Iterator[Any]:
    """All matches from left to right; none that is empty right behind the one before."""
    end = -1
    for match in r.compiled.finditer(v):
        if match.start() == match.end() == end:
            continue
        end = match.end()
        yield match


@function("(r: regexp, v: string, t: string) => string")
def replace_all_string(r: Regexp, v: str, t: str) -> str:
    """`v` with each match of `r` replaced by `t`, in which `$1` and `${name}` stand for groups.

    import "regexp"
    array.from(rows: [{a: regexp.replaceAllString(r: /a(x*)b/, v: "-ab-axxb-", t: "T")}])
    """
    refuse(r=r, v=v, t=t)
    out, position, length = [], 0, len(v)
    for match in matches(r, v):
        out += [v[position : match.start()], _expand(t, match)]
        position = match.end()
        length += len(out[-1])
        check_length(length, "regexp.replaceAllString")
    return "".join([*out, v[position:]])


def _expand(template: str, match: Any) -> str:
    out, position = [], 0
    for found in _GROUP.finditer(template):
        out += [template[position : found.start()], _group(match, *found.groups())]
        position = found.end()
    return "".join([*out, template[position:]])


def _group(match: Any, dollar: str | None, bare: str | None, braced: str | None) -> str:
    """What stands for `$$`, `$name` or `${name}`; nothing for a group that is not there."""
    if dollar:
        return "$"
    name = bare or braced or ""
    if name.isdecimal():
        number = int(name)
        groups = (match.group(0), *match.groups())
        return (groups[number] if number < len(groups) else "") or ""
    return match.groupdict().get(name) or ""


@function("(r: regexp, v: string, i: int) => [string]")
def split_regexp(r: Regexp, v: str, i: int) -> list[str]:
    """`v` split at matches of `r` into at most `i` parts; all of them where `i` is negative.

    import "regexp"
    array.from(rows: [{a: regexp.splitRegexp(r: /a*/, v: "abaabaccadaaae", i: 5)[1]}])
    """
    refuse(r=r, v=v, i=i)
    if i == 0:
        return []
    if not v and r.source:
        return [""]
    parts, begin, end = [], 0, 0
    for match in matches(r, v):
        if 0 < i <= len(parts) + 1:
            break
        end = match.start()
        if match.end():
            parts.append(v[begin:end])
        begin = match.end()
    if end != len(v):
        parts.append(v[begin:])
    return parts
