"""Making two types agree: variables are linked to what they must be, and what cannot agree is noted.

The rules for records are those of Daan Leijen, "Extensible records with scoped labels", 2005. `expected` comes first.
"""

from __future__ import annotations

from influxlite.flux.types.mismatches import (
    Different,
    ExtraArgument,
    ExtraLabel,
    InArgument,
    InResult,
    Mismatch,
    MissingArgument,
    MissingLabel,
    NotOfKind,
    OtherPipe,
    Recursive,
)
from influxlite.flux.types.monotypes import (
    DYNAMIC,
    EMPTY,
    ERROR,
    LABEL_KINDS,
    Basic,
    Collection,
    Dictionary,
    Function,
    Label,
    Pipe,
    Record,
    Type,
    Variable,
    free_variables,
    properties,
    resolve,
    tail,
)

Seen = dict[tuple[int, int], tuple[Type, Type]]  # the ids of two types, and the types, so that the ids stay theirs
_WITH_PARTS = (Record, type(EMPTY), Collection, Function, Dictionary)
Located = tuple[object, Mismatch]  # which argument of a call is meant (its name, None for the call itself), and what


def unify(expected: Type, found: Type, errors: list[Mismatch], seen: Seen | None = None) -> None:
    """Make the two agree; what stands in the way is added to `errors`.

    `seen` are the pairs of types with parts that were met on the way: types share parts, and those are compared once.
    """
    expected, found = resolve(expected), resolve(found)
    if expected is found or expected is ERROR or found is ERROR:
        return
    if isinstance(expected, Variable):
        _link(expected, found, errors)
    elif isinstance(found, Variable):
        _link(found, expected, errors)
    elif isinstance(expected, _WITH_PARTS) and isinstance(found, _WITH_PARTS):
        seen = {} if seen is None else seen
        pair = (id(expected), id(found))
        if pair not in seen:
            seen[pair] = (expected, found)
            _unify_parts(expected, found, errors, seen)
    elif not _agree(expected, found):
        errors.append(Different(expected, found))


def _unify_parts(expected: Type, found: Type, errors: list[Mismatch], seen: Seen) -> None:
    if isinstance(expected, (Record, type(EMPTY))) and isinstance(found, (Record, type(EMPTY))):
        _unify_records(expected, found, errors, seen)
    elif isinstance(expected, Collection) and isinstance(found, Collection):
        if expected.kind != found.kind:
            errors.append(Different(expected, found))
        unify(expected.element, found.element, errors, seen)
    elif isinstance(expected, Function) and isinstance(found, Function):
        errors.extend(error for _, error in unify_functions(expected, found, seen))
    elif isinstance(expected, Dictionary) and isinstance(found, Dictionary):
        unify(expected.key, found.key, errors, seen)
        unify(expected.value, found.value, errors, seen)
    else:
        errors.append(Different(expected, found))


def _agree(expected: Type, found: Type) -> bool:
    """Types without parts: a label is only itself, and a dynamic value may be used like a record."""
    if isinstance(expected, Label) and isinstance(found, Label):
        return expected.name == found.name
    pair = (expected, found)
    return DYNAMIC in pair and any(isinstance(one, Record) or one is EMPTY for one in pair)


def constrain(kind: str, type_: Type, seen: set[int] | None = None) -> Mismatch | None:
    """Require that a type is of a kind: None when it is, or (a variable) will have to be.

    `seen` are the ids of the records that were met on the way.
    """
    type_ = resolve(type_)
    if isinstance(type_, Variable):
        if kind not in type_.kinds:
            type_.kinds = (*type_.kinds, kind)
        return None
    if isinstance(type_, Basic):
        return None if kind in type_.kinds else NotOfKind(kind, type_)
    if isinstance(type_, Label):
        return None if kind in LABEL_KINDS else NotOfKind(kind, type_)
    if isinstance(type_, Collection):
        if type_.kind == "vector" or kind == "Equatable":
            return constrain(kind, type_.element, seen)
        return NotOfKind(kind, type_)
    if isinstance(type_, Record) or type_ is EMPTY:
        seen = set() if seen is None else seen
        if id(type_) in seen:
            return None
        seen.add(id(type_))
        return _constrain_record(kind, type_, seen)
    return NotOfKind(kind, type_) if isinstance(type_, (Dictionary, Function)) else None


def _constrain_record(kind: str, record: Type, seen: set[int]) -> Mismatch | None:
    if kind == "Record":
        return None
    if kind != "Equatable":
        return NotOfKind(kind, record)
    for _, value in properties(record):
        error = constrain(kind, value, seen)
        if error is not None:
            return error
    rest = tail(record)
    return None if rest is None else constrain(kind, rest, seen)


def _link(variable: Variable, to: Type, errors: list[Mismatch]) -> None:
    if isinstance(to, Variable):
        variable.link = to
        to.kinds = (*variable.kinds, *(kind for kind in to.kinds if kind not in variable.kinds))
        return
    if _contains(to, variable):
        errors.append(Recursive(variable, to))
        return
    variable.link = to
    for kind in variable.kinds:
        error = constrain(kind, to)
        if error is not None:
            errors.append(error)
            return


def _contains(type_: Type, variable: Variable) -> bool:
    found: dict[Variable, None] = {}
    free_variables(type_, found)
    return variable in found


def _unify_records(expected: Type, found: Type, errors: list[Mismatch], seen: Seen) -> None:
    """Property by property; a property that stands elsewhere in the other record is looked for in its tail."""
    while True:
        if not isinstance(expected, Record) or not isinstance(found, Record):
            if isinstance(expected, Record):
                errors.append(MissingLabel(expected.label))
            elif isinstance(found, Record):
                errors.append(ExtraLabel(found.label))
            return
        left, right = resolve(expected.tail), resolve(found.tail)
        same_row = left is right and isinstance(left, Variable)
        if expected.label != found.label:
            if same_row:
                errors.append(Different(expected, found))
                return
            row = Variable()
            unify(left, Record(found.label, found.value, row), errors, seen)
            unify(Record(expected.label, expected.value, row), right, errors, seen)
            return
        if same_row:
            inner: list[Mismatch] = []
            unify(expected.value, found.value, inner, seen)
            place = f"label {expected.label}"
            errors.extend(Different(expected.value, found.value, place, error) for error in inner)
            return
        unify(expected.value, found.value, errors, seen)
        expected, found = resolve(expected.tail), resolve(found.tail)
        if not isinstance(expected, (Record, type(EMPTY))) or not isinstance(found, (Record, type(EMPTY))):
            unify(expected, found, errors, seen)
            return


def unify_functions(expected: Function, found: Function, seen: Seen | None = None) -> list[Located]:
    """Make two functions agree, or a function and a call (`found`: its arguments all required, its pipe named `<-`).

    An error comes with the argument of `found` that it is about: a name, "<-" for the pipe, None for the whole.
    """
    seen = {} if seen is None else seen
    errors: list[Located] = []
    required, given = dict(expected.required), dict(found.required)
    piped = _match_pipes(expected.pipe, found.pipe, required, given, errors)
    _check_extra(expected, required, found, given, errors)
    for name in sorted(required):
        argument = _argument(found, given, name)
        if argument is None:
            errors.append((None, MissingArgument(name)))
        else:
            errors += _in_argument(required[name], argument, name, "<-" if name == piped else name, seen)
    for name, option in expected.optional.items():
        argument = _argument(found, given, name)
        if argument is not None:
            errors += _in_argument(option.type, argument, name, name, seen)
        elif option.default is not None:
            errors += _in_argument(option.type, option.default, name, None, seen)
    inner: list[Mismatch] = []
    unify(expected.result, found.result, inner, seen)
    errors.extend((None, InResult(expected.result, found.result, error)) for error in inner)
    return errors


def _match_pipes(
    expected: Pipe | None, found: Pipe | None, required: dict[str, Type], given: dict[str, Type], errors: list[Located]
) -> str | None:
    """Turn the piped arguments into required ones of the same name; answers the name of the one that was piped."""
    if expected is not None and found is not None:
        if expected.name != found.name and expected.name != "<-" and found.name != "<-":
            errors.append(("<-", OtherPipe(expected.name, found.name)))
            return None
        required[expected.name] = expected.type
        given[expected.name] = found.type
        return expected.name
    if expected is not None:
        if expected.name == "<-":
            errors.append((None, MissingArgument(None)))
        else:
            required[expected.name] = expected.type
    elif found is not None:
        if found.name == "<-":
            errors.append(("<-", MissingArgument(None)))
        else:
            given[found.name] = found.type
    return None


def _check_extra(
    expected: Function, required: dict[str, Type], found: Function, given: dict[str, Type], errors: list[Located]
) -> None:
    for name in sorted(given):
        if name not in required and name not in expected.optional:
            known = [*sorted(required), *expected.optional]
            left = [other for other in known if _argument(found, given, other) is None]
            errors.append((name, ExtraArgument(name, left)))


def _argument(found: Function, given: dict[str, Type], name: str) -> Type | None:
    if name in given:
        return given[name]
    option = found.optional.get(name)
    return None if option is None else option.type


def _in_argument(expected: Type, found: Type, name: str, place: str | None, seen: Seen) -> list[Located]:
    inner: list[Mismatch] = []
    unify(expected, found, inner, seen)
    return [(place, InArgument(name, error)) for error in inner]
