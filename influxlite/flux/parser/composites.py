"""What stands in brackets: arrays, dictionaries, records, arguments, parameters and the functions they belong to."""

from __future__ import annotations

from abc import abstractmethod

from influxlite.flux import nodes
from influxlite.flux.parser.stream import bad_expression, join, span, span_to
from influxlite.flux.parser.types import Types
from influxlite.flux.tokens import (
    ARROW,
    ASSIGN,
    COLON,
    COMMA,
    IDENT,
    LBRACE,
    LBRACK,
    LPAREN,
    RBRACE,
    RBRACK,
    RPAREN,
    STRING,
    Token,
)


class Composites(Types):
    """The productions in brackets."""

    @abstractmethod
    def expression_while_more(self, *stop: str) -> nodes.Expression | None:
        """An expression that takes what is left of a block."""

    @abstractmethod
    def operators(self, left: nodes.Expression, level: int) -> nodes.Expression:
        """The operators after an operand."""

    @abstractmethod
    def postfix(self, expression: nodes.Expression) -> nodes.Expression:
        """Members, calls and indices after an operand."""

    @abstractmethod
    def pass_over(self) -> None:
        """Take a token that begins no expression, and note it."""

    @abstractmethod
    def misfit(self, left: nodes.Expression, right: nodes.Expression) -> nodes.BinaryExpression:
        """Two expressions with nothing between them."""

    @abstractmethod
    def block(self) -> nodes.Block:
        """The body of a function."""

    # Arrays and dictionaries ----------------------------------------------------------------------------------

    # Array = "[" [ Expression { "," Expression } [ "," ] ] "]"
    # Dict  = "[" ":" "]" | "[" DictItem { "," DictItem } [ "," ] "]"
    def array_or_dict(self) -> nodes.Expression:
        """An array or a dictionary: the first colon tells."""
        lbrack = self.open(LBRACK, RBRACK)
        if self.peek().kind is COLON:
            self.scan()
            rbrack = self.close(RBRACK)
            errors, comments = self.take_errors(), self.notes(lbrack=lbrack, rbrack=rbrack)
            return nodes.DictExpression(span(lbrack, rbrack), [], errors=errors, comments=comments)
        if self.peek().kind is RBRACK:
            return self._array(lbrack, [], {})
        first = self.expression()
        if self.peek().kind is COLON:
            self.scan()
            return self.dict_items(lbrack, first, self.expression())
        return self.array_items(lbrack, first)

    def array_items(self, lbrack: Token, first: nodes.Expression) -> nodes.ArrayExpression:
        """The rest of an array after its first element."""
        items, commas = [first], dict[str, Token]()
        if self.peek().kind is RBRACK:
            return self._array(lbrack, items, commas)
        commas["comma:0"] = self.expect(COMMA)
        last = self.peek().start
        while self.more():
            items.append(self.expression())
            if self.peek().kind is COMMA:
                commas[f"comma:{len(items) - 1}"] = self.scan()
            if self.peek().start == last:  # nothing was taken: an error, and no way on
                break
            last = self.peek().start
        return self._array(lbrack, items, commas)

    def _array(self, lbrack: Token, items: list[nodes.Expression], commas: dict[str, Token]) -> nodes.ArrayExpression:
        rbrack = self.close(RBRACK)
        comments = self.notes(lbrack=lbrack, rbrack=rbrack, **commas)
        return nodes.ArrayExpression(span(lbrack, rbrack), items, comments=comments, errors=self.take_errors())

    # DictItem = Expression ":" Expression
    def dict_items(self, lbrack: Token, key: nodes.Expression, val: nodes.Expression) -> nodes.DictExpression:
        """The rest of a dictionary after its first item."""
        items = [nodes.DictItem(join(key, val), key, val)]
        if self.peek().kind is not RBRACK:
            items[0].comments = self.notes(comma=self.expect(COMMA))
            last = self.peek().start
            while self.more():
                key = self.expression()
                self.expect(COLON)
                val = self.expression()
                items.append(nodes.DictItem(join(key, val), key, val))
                if self.peek().kind is COMMA:
                    items[-1].comments = self.notes(comma=self.scan())
                if self.peek().start == last:
                    break
                last = self.peek().start
        rbrack = self.close(RBRACK)
        comments = self.notes(lbrack=lbrack, rbrack=rbrack)
        return nodes.DictExpression(span(lbrack, rbrack), items, comments=comments, errors=self.take_errors())

    # Records --------------------------------------------------------------------------------------------------

    # Object = "{" [ Identifier "with" ] [ Property { "," Property } [ "," ] ] "}"
    def object_literal(self) -> nodes.ObjectExpression:
        """A record."""
        lbrace = self.open(LBRACE, RBRACE)
        source: nodes.Identifier | None = None
        with_: Token | None = None
        first = self.peek().kind
        if first is IDENT:
            key = self.identifier()
            token = self.peek()
            if token.kind is IDENT:
                if token.text != "with":
                    self.errors.append("")
                source, with_ = key, self.scan()
                properties = self.property_list()
            else:
                properties = self._property_list_from(key)
        elif first is STRING:
            properties = self._property_list_from(self.string_literal())
        else:
            properties = self.property_list()
        rbrace = self.close(RBRACE)
        comments = self.notes(lbrace=lbrace, rbrace=rbrace, **({"with": with_} if with_ else {}))
        errors = self.take_errors()
        return nodes.ObjectExpression(span(lbrace, rbrace), source, properties, comments=comments, errors=errors)

    def _property_list_from(self, key: nodes.Identifier | nodes.StringLiteral) -> list[nodes.Property]:
        first = self.property_rest(key)
        if not self.more():
            return [first]
        token = self.peek()
        if token.kind is COMMA:
            self.scan()
            _add_comma(first, token)
        else:
            self.errors.append(f"expected comma in property list, got {token.kind}")
        return [first, *self.property_list()]

    def property_list(self) -> list[nodes.Property]:
        """Properties until the block ends; a comma that is missing is noted when all of them are read."""
        properties: list[nodes.Property] = []
        errors: list[str] = []
        last = self.peek().start
        while self.more():
            kind = self.peek().kind
            if kind is IDENT:
                item = self.property_rest(self.identifier())
            elif kind is STRING:
                item = self.property_rest(self.string_literal())
            else:
                item = self.invalid_property()
            if self.more():
                token = self.peek()
                if token.kind is COMMA:
                    self.scan()
                    _add_comma(item, token)
                else:
                    errors.append(f"expected comma in property list, got {token.kind}")
            properties.append(item)
            if self.peek().start == last:
                break
            last = self.peek().start
        self.errors += errors
        return properties

    # Property = ( Identifier | StringLiteral ) [ ":" Expression ]
    def property_rest(self, key: nodes.Identifier | nodes.StringLiteral) -> nodes.Property:
        """The rest of a property after its key."""
        colon = self.peek()
        if colon.kind is not COLON:
            return nodes.Property(key.location, key, None, errors=self.take_errors())
        self.scan()
        value = self.property_value()
        comments = self.notes(separator=colon)
        return nodes.Property(join(key, value or key), key, value, comments=comments, errors=self.take_errors())

    def property_value(self) -> nodes.Expression | None:
        """The value after the colon."""
        value = self.expression_while_more(COMMA, COLON)
        if value is None:
            self.errors.append("missing property value")
        return value

    def invalid_property(self) -> nodes.Property:
        """A property without a key that can be read: noted, and passed over up to the next comma."""
        token = self.peek()
        value: nodes.Expression | None = None
        if token.kind is COLON:
            message = "missing property key"
            self.scan()
            value = self.property_value()
        elif token.kind is COMMA:
            message = "missing property in property list"
        else:
            message = f"unexpected token for property key: {token.kind} ({token.text})"
            self.expression_while_more(COMMA, COLON)
            if self.peek().kind is COLON:
                self.scan()
                value = self.property_value()
        self.errors.append(message)
        end, line, column = self.peek(), token.start_line, token.start_column
        location = nodes.SourceLocation(line, column, end.start_line, end.start_column)
        key = nodes.StringLiteral(nodes.SourceLocation(line, column, line, column), "<invalid>")
        return nodes.Property(location, key, value, errors=self.take_errors())

    # Parentheses and functions --------------------------------------------------------------------------------

    # Paren    = "(" Expression ")"
    # Function = "(" [ Parameter { "," Parameter } ] ")" "=>" ( Block | Expression )
    def paren(self) -> nodes.Expression:
        """An expression in parentheses, or a function: what follows the first name tells."""
        lparen = self.open(LPAREN, RPAREN)
        token = self.peek()
        if token.kind is RPAREN:
            return self.function(lparen, self.close(RPAREN), [])
        if token.kind is IDENT:
            return self.paren_with_name(lparen, self.identifier())
        expression = self.expression_while_more()
        if expression is None:
            expression = bad_expression(token, token.text)
        return self._paren(lparen, expression, self.close(RPAREN))

    def _paren(self, lparen: Token, expression: nodes.Expression, rparen: Token) -> nodes.ParenExpression:
        comments = self.notes(lparen=lparen, rparen=rparen)
        return nodes.ParenExpression(span(lparen, rparen), expression, comments=comments, errors=self.take_errors())

    def paren_with_name(self, lparen: Token, name: nodes.Identifier) -> nodes.Expression:
        """The rest after `(name`."""
        token = self.peek()
        if token.kind is RPAREN:
            rparen = self.close(RPAREN)
            if self.peek().kind is not ARROW:
                return self._paren(lparen, name, rparen)
            parameter = nodes.Property(name.location, name, None, errors=self.take_errors())
            return self.function(lparen, rparen, [parameter])
        if token.kind is ASSIGN or token.kind is COMMA:
            parameters = self.parameter_list(self._parameter_from(name))
            return self.function(lparen, self.close(RPAREN), parameters)
        expression = self.operators(self.postfix(name), 0)
        last = self.peek().start
        while self.more():
            right = self.expression()
            if isinstance(right, nodes.BadExpression):
                self.pass_over()
                continue
            expression = self.misfit(expression, right)
            if self.peek().start == last:
                break
            last = self.peek().start
        return self._paren(lparen, expression, self.close(RPAREN))

    def parameter_list(self, first: nodes.Property) -> list[nodes.Property]:
        """The parameters from the first, of which the name and the default are read, to the last."""
        parameters = [first]
        if self.peek().kind is not COMMA:
            return parameters
        _add_comma(first, self.scan())
        last = self.peek().start
        while self.more():
            parameters.append(self._parameter_from(self.identifier()))
            if self.peek().kind is COMMA:
                _add_comma(parameters[-1], self.scan())
            if self.peek().start == last:
                break
            last = self.peek().start
        return parameters

    # Parameter = Identifier [ "=" Expression ]
    def _parameter_from(self, name: nodes.Identifier) -> nodes.Property:
        token = self.peek()
        if token.kind is not ASSIGN:
            return nodes.Property(name.location, name, None, errors=self.take_errors())
        self.scan()
        value = self.expression()
        comments = self.notes(separator=token)
        return nodes.Property(join(name, value), name, value, comments=comments, errors=self.take_errors())

    def function(self, lparen: Token, rparen: Token, parameters: list[nodes.Property]) -> nodes.FunctionExpression:
        """The rest of a function after its parameters."""
        arrow = self.expect_or_skip(ARROW)
        body = self.block() if self.peek().kind is LBRACE else self.expression()
        comments = self.notes(lparen=lparen, rparen=rparen, arrow=arrow)
        errors = self.take_errors()
        return nodes.FunctionExpression(span_to(lparen, body), parameters, body, comments=comments, errors=errors)


def _add_comma(item: nodes.Property, comma: Token) -> None:
    if comma.comments:
        item.comments = {**(item.comments or {}), "comma": comma.comments}
