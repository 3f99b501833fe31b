"""Type expressions: after `builtin name :`, and the signatures of the standard library."""

from __future__ import annotations

from influxlite.flux import nodes, type_nodes
from influxlite.flux.parser.literals import Literals
from influxlite.flux.parser.stream import join, own, span, span_to, spot
from influxlite.flux.tokens import (
    ADD,
    ARROW,
    ASSIGN,
    COLON,
    COMMA,
    DOT,
    IDENT,
    LBRACE,
    LBRACK,
    LPAREN,
    PIPE_RECEIVE,
    QUESTION_MARK,
    RBRACE,
    RBRACK,
    RPAREN,
    STRING,
)

_ELEMENT_TYPES = {"stream": type_nodes.StreamType, "vector": type_nodes.VectorType}


class Types(Literals):
    """The productions of type expressions."""

    # TypeExpression = MonoType [ "where" Constraint { "," Constraint } ]
    def type_expression(self) -> type_nodes.TypeExpression:
        """A type and what its variables must be able to do."""
        monotype = self.monotype()
        constraints: list[type_nodes.TypeConstraint] = []
        token = self.peek()
        if token.kind is IDENT and token.text == "where":
            self.scan()
            constraints.append(self.constraint())
            while self.peek().kind is COMMA:
                self.scan()
                constraints.append(self.constraint())
        if constraints:
            location, comments, errors = join(monotype, constraints[-1]), None, self.take_errors()
        else:
            location, comments, errors = monotype.location, monotype.comments, monotype.errors
        return type_nodes.TypeExpression(location, monotype, constraints, comments=comments, errors=errors)

    # Constraint = Identifier ":" Kind { "+" Kind }
    def constraint(self) -> type_nodes.TypeConstraint:
        """What one variable must be able to do."""
        tvar = self.identifier()
        self.expect(COLON)
        kinds = [self.identifier()]
        while self.peek().kind is ADD:
            self.scan()
            kinds.append(self.identifier())
        return type_nodes.TypeConstraint(join(tvar, kinds[-1]), tvar, kinds, errors=self.take_errors())

    # MonoType = Tvar | Basic | "dynamic" | "[" MonoType "]" | "[" MonoType ":" MonoType "]"
    #          | "stream" "[" MonoType "]" | "vector" "[" MonoType "]" | Record | Function | Label
    def monotype(self) -> type_nodes.MonoType:
        """A type."""
        if not self.deeper():
            self.depth -= 1
            token = self.scan()
            name = nodes.Identifier(spot(token), token.text)
            return type_nodes.NamedType(spot(token), name, comments=own(token), errors=self.take_errors())
        monotype = self._monotype()
        self.depth -= 1
        return monotype

    def _monotype(self) -> type_nodes.MonoType:
        token = self.peek()
        if token.kind is LBRACK:
            return self.array_or_dict_type()
        if token.kind is LBRACE:
            return self.record_type()
        if token.kind is LPAREN:
            return self.function_type()
        if token.kind is DOT:
            label = self.label_literal()
            return type_nodes.LabelType(label.location, label.value, comments=label.comments, errors=label.errors)
        if token.kind is IDENT and token.text in _ELEMENT_TYPES:
            start = self.expect(IDENT)
            self.open(LBRACK, RBRACK)
            element = self.monotype()
            end = self.close(RBRACK)
            return _ELEMENT_TYPES[start.text](span(start, end), element, errors=self.take_errors())
        if token.kind is IDENT and token.text == "dynamic":
            self.scan()
            return type_nodes.DynamicType(spot(token), comments=own(token), errors=self.take_errors())
        if len(token.text.encode()) == 1:
            name = self.identifier()
            return type_nodes.TvarType(name.location, name, comments=name.comments, errors=name.errors)
        errors = self.take_errors()
        return type_nodes.NamedType(spot(token), self.identifier(), comments=own(token), errors=errors)

    def array_or_dict_type(self) -> type_nodes.MonoType:
        """`[T]` or `[K: V]`."""
        start = self.open(LBRACK, RBRACK)
        first = self.monotype()
        if self.peek().kind is RBRACK:
            end = self.close(RBRACK)
            return type_nodes.ArrayType(span(start, end), first, errors=self.take_errors())
        self.expect(COLON)
        second = self.monotype()
        end = self.close(RBRACK)
        return type_nodes.DictType(span(start, end), first, second, errors=self.take_errors())

    # Function = "(" [ Parameter { "," Parameter } ] ")" "=>" MonoType
    def function_type(self) -> type_nodes.FunctionType:
        """The type of a function."""
        start = self.open(LPAREN, RPAREN)
        parameters: list[type_nodes.ParameterType] = []
        if self.peek().kind in (PIPE_RECEIVE, QUESTION_MARK, IDENT):
            parameters = self._parameter_types()
        self.close(RPAREN)
        self.expect(ARROW)
        result = self.monotype()
        return type_nodes.FunctionType(span_to(start, result), parameters, result, errors=self.take_errors())

    def _parameter_types(self) -> list[type_nodes.ParameterType]:
        parameters: list[type_nodes.ParameterType] = []
        last = self.peek().start
        while self.more():
            parameters.append(self.parameter_type())
            if self.peek().kind is COMMA:
                self.scan()
            if self.peek().start == last:  # nothing was taken: an error, and no way on
                break
            last = self.peek().start
        return parameters

    # Parameter = ( Identifier | "?" Identifier | "<-" [ Identifier ] ) ":" MonoType [ "=" Label ]
    def parameter_type(self) -> type_nodes.ParameterType:
        """A parameter of a function's type; only an optional one may have a default, a label."""
        kind, first = "Required", self.peek()
        if first.kind is QUESTION_MARK:
            kind = "Optional"
            self.scan()
        elif first.kind is PIPE_RECEIVE:
            kind = "Pipe"
            self.scan()
        name = None if kind == "Pipe" and self.peek().kind is not IDENT else self.identifier()
        self.expect(COLON)
        monotype = self.monotype()
        if kind != "Required":
            self.take_errors()  # as in InfluxDB, these are lost
        default = None
        if kind == "Optional" and self.peek().kind is ASSIGN:
            self.scan()
            default = self.label_literal()
        location = join(name, monotype) if kind == "Required" and name else span_to(first, monotype)
        return type_nodes.ParameterType(location, kind, name, monotype, default, errors=self.take_errors())

    # Record = "{" [ PropertyType { "," PropertyType } | Tvar "with" PropertyType { "," PropertyType } ] "}"
    def record_type(self) -> type_nodes.RecordType:
        """The type of a record; with a variable it is the rest of that record and these properties."""
        start = self.open(LBRACE, RBRACE)
        tvar: nodes.Identifier | None = None
        properties: list[type_nodes.PropertyType] = []
        if self.peek().kind in (IDENT, STRING):
            key = self.property_key()
            token = self.peek()
            if isinstance(key, nodes.StringLiteral) or token.kind is COLON:
                properties = self._property_types(key)
            elif token.kind is IDENT and token.text == "with":
                tvar = key
                self.scan()
                properties = self._property_types(self.property_key())
        end = self.close(RBRACE)
        return type_nodes.RecordType(span(start, end), tvar, properties, errors=self.take_errors())

    def _property_types(self, key: nodes.Identifier | nodes.StringLiteral) -> list[type_nodes.PropertyType]:
        properties = [self.property_type(key)]
        if self.peek().kind is COMMA:
            self.scan()
        last = self.peek().start
        while self.more():
            properties.append(self.property_type(self.property_key()))
            if self.peek().kind is COMMA:
                self.scan()
            if self.peek().start == last:
                break
            last = self.peek().start
        return properties

    # PropertyType = PropertyKey ":" MonoType
    def property_type(self, name: nodes.Identifier | nodes.StringLiteral) -> type_nodes.PropertyType:
        """The rest of a property after its key."""
        self.expect(COLON)
        monotype = self.monotype()
        return type_nodes.PropertyType(join(name, monotype), name, monotype, errors=self.take_errors())
