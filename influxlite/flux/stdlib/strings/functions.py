"""strings: functions of texts. Lengths count characters; `index` and its like count bytes, as InfluxDB does."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.vectors import Vec

SPACE = "\t\n\v\f\r \u0085\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


@function("(v: string) => string")
def to_upper(v: str) -> str:
    """In capital letters.

    import "strings"
    array.from(rows: [{a: strings.toUpper(v: "koala")}])
    """
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in v)


@function("(v: string) => string")
def to_lower(v: str) -> str:
    """In small letters.

    import "strings"
    array.from(rows: [{a: strings.toLower(v: "KOALA")}])
    """
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in v)


@function("(v: string) => string")
def title(v: str) -> str:
    """The first letter of each word as a capital.

    import "strings"
    array.from(rows: [{a: strings.title(v: "the little blue truck")}])
    """
    out, before = [], " "
    for c in v:
        inside = before.isalnum() or (before in "_'" and before != " ")
        out.append(c if inside else c.title() if len(c.title()) == 1 else c)
        before = c
    return "".join(out)


@function("(v: string) => string")
def to_title(v: str) -> str:
    """All letters as capitals of titles.

    import "strings"
    array.from(rows: [{a: strings.toTitle(v: "a flux of foxes")}])
    """
    return to_upper.python(v)


@function("(v: string, cutset: string) => string")
def trim(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at both ends.

    import "strings"
    array.from(rows: [{a: strings.trim(v: ".abc.", cutset: ".")}])
    """
    return v.strip(cutset) if cutset else v


@function("(v: string, cutset: string) => string")
def trim_left(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at the beginning.

    import "strings"
    array.from(rows: [{a: strings.trimLeft(v: ".abc.", cutset: ".")}])
    """
    return v.lstrip(cutset) if cutset else v


@function("(v: string, cutset: string) => string")
def trim_right(v: str, cutset: str) -> str:
    """Without the characters of `cutset` at the end.

    import "strings"
    array.from(rows: [{a: strings.trimRight(v: ".abc.", cutset: ".")}])
    """
    return v.rstrip(cutset) if cutset else v


@function("(v: string) => string")
def trim_space(v: str) -> str:
    """Without white space at both ends.

    import "strings"
    array.from(rows: [{a: strings.trimSpace(v: " abc ")}])
    """
    return v.strip(SPACE)


@function("(v: string, prefix: string) => string")
def trim_prefix(v: str, prefix: str) -> str:
    """Without `prefix`, where it begins so.

    import "strings"
    array.from(rows: [{a: strings.trimPrefix(v: "123_abc", prefix: "123")}])
    """
    return v.removeprefix(prefix)


@function("(v: string, suffix: string) => string")
def trim_suffix(v: str, suffix: str) -> str:
    """Without `suffix`, where it ends so.

    import "strings"
    array.from(rows: [{a: strings.trimSuffix(v: "abc_123", suffix: "123")}])
    """
    return v.removesuffix(suffix)


@function("(v: string, prefix: string) => bool")
def has_prefix(v: str, prefix: str) -> bool:
    """Whether it begins with `prefix`.

    import "strings"
    array.from(rows: [{a: strings.hasPrefix(v: "go gopher", prefix: "go")}])
    """
    return v.startswith(prefix)


@function("(v: string, suffix: string) => bool")
def has_suffix(v: str, suffix: str) -> bool:
    """Whether it ends with `suffix`.

    import "strings"
    array.from(rows: [{a: strings.hasSuffix(v: "go gopher", suffix: "er")}])
    """
    return v.endswith(suffix)


@function("(v: string, substr: string) => bool")
def contains_str(v: str, substr: str) -> bool:
    """Whether `substr` is in it.

    import "strings"
    array.from(rows: [{a: strings.containsStr(v: "abc", substr: "b")}])
    """
    return substr in v


@function("(v: string, chars: string) => bool")
def contains_any(v: str, chars: str) -> bool:
    """Whether any character of `chars` is in it.

    import "strings"
    array.from(rows: [{a: strings.containsAny(v: "abc", chars: "cx")}])
    """
    return any(c in v for c in chars)


@function("(v: string, t: string) => bool")
def equal_fold(v: str, t: str) -> bool:
    """Whether two texts are equal but for capitals.

    import "strings"
    array.from(rows: [{a: strings.equalFold(v: "Go", t: "go")}])
    """
    return v.casefold() == t.casefold()


@function("(v: string, t: string) => int")
def compare(v: str, t: str) -> int:
    """-1, 0 or 1 as `v` comes before, is, or comes after `t`.

    import "strings"
    array.from(rows: [{a: strings.compare(v: "a", t: "b")}])
    """
    return (v > t) - (v < t)


@function("(v: string, substr: string) => int")
def count_str(v: str, substr: str) -> int:
    """How often `substr` is in it, without overlaps.

    import "strings"
    array.from(rows: [{a: strings.countStr(v: "Hello mello fello", substr: "ello")}])
    """
    return v.count(substr)


def _byte(v: str, position: int) -> int:
    return -1 if position < 0 else len(v[:position].encode())


@function("(v: string, substr: string) => int")
def index(v: str, substr: str) -> int:
    """The byte at which `substr` first begins, -1 for never.

    import "strings"
    array.from(rows: [{a: strings.index(v: "go gopher", substr: "go")}])
    """
    return _byte(v, v.find(substr))


@function("(v: string, chars: string) => int")
def index_any(v: str, chars: str) -> int:
    """The byte of the first character that is among `chars`, -1 for none.

    import "strings"
    array.from(rows: [{a: strings.indexAny(v: "golang", chars: "gy")}])
    """
    return _byte(v, next((i for i, c in enumerate(v) if c in chars), -1))


@function("(v: string, substr: string) => int")
def last_index(v: str, substr: str) -> int:
    """The byte at which `substr` last begins, -1 for never.

    import "strings"
    array.from(rows: [{a: strings.lastIndex(v: "go gopher", substr: "go")}])
    """
    return _byte(v, v.rfind(substr))


@function("(v: string, chars: string) => int")
def last_index_any(v: str, chars: str) -> int:
    """The byte of the last character that is among `chars`, -1 for none.

    import "strings"
    array.from(rows: [{a: strings.lastIndexAny(v: "golang", chars: "gy")}])
    """
    return _byte(v, max((i for i, c in enumerate(v) if c in chars), default=-1))


@function("(v: string) => bool")
def is_digit(v: str) -> bool:
    """Whether it is one digit.

    import "strings"
    array.from(rows: [{a: strings.isDigit(v: "7")}])
    """
    return len(v) == 1 and v.isdecimal()


@function("(v: string) => bool")
def is_letter(v: str) -> bool:
    """Whether it is one letter.

    import "strings"
    array.from(rows: [{a: strings.isLetter(v: "A")}])
    """
    return len(v) == 1 and v.isalpha()


@function("(v: string) => bool")
def is_lower(v: str) -> bool:
    """Whether it is one small letter.

    import "strings"
    array.from(rows: [{a: strings.isLower(v: "a")}])
    """
    return len(v) == 1 and v.islower()


@function("(v: string) => bool")
def is_upper(v: str) -> bool:
    """Whether it is one capital letter.

    import "strings"
    array.from(rows: [{a: strings.isUpper(v: "A")}])
    """
    return len(v) == 1 and v.isupper()


@function("(v: string, i: int) => string")
def repeat(v: str, i: int) -> str:
    """It, `i` times over.

    import "strings"
    array.from(rows: [{a: strings.repeat(v: "ha", i: 3)}])
    """
    if i < 0:
        raise invalid("negative Repeat count")
    if len(v) * i > 10_000_000:
        raise invalid("strings.repeat would make more than 10 million characters")
    return v * i


@function("(v: string, t: string, u: string, i: int) => string")
def replace(v: str, t: str, u: str, i: int) -> str:
    """Its first `i` pieces `t` replaced by `u`.

    import "strings"
    array.from(rows: [{a: strings.replace(v: "oink oink oink", t: "oink", u: "moo", i: 2)}])
    """
    return v.replace(t, u, i)


@function("(v: string, t: string, u: string) => string")
def replace_all(v: str, t: str, u: str) -> str:
    """All its pieces `t` replaced by `u`.

    import "strings"
    array.from(rows: [{a: strings.replaceAll(v: "oink oink oink", t: "oink", u: "moo")}])
    """
    return v.replace(t, u)


@function("(v: string, t: string) => [string]")
def split(v: str, t: str) -> list[str]:
    """Its parts between the pieces `t`.

    import "strings"
    array.from(rows: [{a: strings.split(v: "a flux of foxes", t: " ")[1]}])
    """
    return v.split(t) if t else list(v)


@function("(v: string, t: string) => [string]")
def split_after(v: str, t: str) -> list[str]:
    """Its parts, each with the `t` that ended it.

    import "strings"
    array.from(rows: [{a: strings.splitAfter(v: "a flux of foxes", t: " ")[1]}])
    """
    parts = v.split(t) if t else list(v)
    return [p + t for p in parts[:-1]] + parts[-1:]


@function("(v: string, t: string, i: int) => [string]", "splitN")
def split_n(v: str, t: str, i: int) -> list[str]:
    """Its first `i` parts, the last of them with all the rest; all where `i` is negative.

    import "strings"
    array.from(rows: [{a: strings.splitN(v: "a flux of foxes", t: " ", i: 3)[2]}])
    """
    if i == 0:
        return []
    if not t:
        return list(v) if i < 0 else [*v[: i - 1], v[i - 1 :]]
    return v.split(t) if i < 0 else v.split(t, i - 1)


@function("(v: string, t: string, i: int) => [string]", "splitAfterN")
def split_after_n(v: str, t: str, i: int) -> list[str]:
    """As `splitN`, each part with the `t` that ended it.

    import "strings"
    array.from(rows: [{a: strings.splitAfterN(v: "a flux of foxes", t: " ", i: 3)[1]}])
    """
    parts = split_n.python(v, t, i)
    return [p + t for p in parts[:-1]] + parts[-1:]


@function("(arr: [string], v: string) => string", "joinStr")
def join_str(arr: list[str], v: str) -> str:
    """The texts of an array with `v` between them.

    import "strings"
    array.from(rows: [{a: strings.joinStr(arr: ["a", "b"], v: ",")}])
    """
    return v.join(arr)


@function("(v: string) => int")
def strlen(v: str) -> int:
    """How many characters it has.

    import "strings"
    array.from(rows: [{a: strings.strlen(v: "apple")}])
    """
    return len(v)


@strlen.columns
def strlen_columns(v: Vec) -> Any:
    """At once."""
    return Vec(v.series.str.len_chars().cast(pl.Int64()), "int")


@function("(v: string, start: int, end: int) => string")
def substring(v: str, start: int, end: int) -> str:
    """The characters from `start` up to `end`, cut to what is there.

    import "strings"
    array.from(rows: [{a: strings.substring(v: "influx", start: 0, end: 3)}])
    """
    return v[max(start, 0) : max(end, 0)]
