"""Expressions by how strongly their operators bind; calls, members, indices, and what stands between them."""

from __future__ import annotations

from influxlite.flux import nodes
from influxlite.flux.parser.composites import Composites
from influxlite.flux.parser.stream import bad_expression, join, own, span, span_from, span_to, spot
from influxlite.flux.tokens import (
    ADD,
    AND,
    DIV,
    DOT,
    DURATION,
    ELSE,
    EQ,
    EXISTS,
    FLOAT,
    GT,
    GTE,
    IDENT,
    IF,
    INT,
    LBRACE,
    LBRACK,
    LPAREN,
    LT,
    LTE,
    MOD,
    MUL,
    NEQ,
    NOT,
    OR,
    PIPE_FORWARD,
    PIPE_RECEIVE,
    POW,
    QUOTE,
    RBRACK,
    REGEX,
    REGEXEQ,
    REGEXNEQ,
    RPAREN,
    STRING,
    SUB,
    THEN,
    TIME,
    Token,
)

_OR, _AND, _LOGICAL_UNARY, _COMPARISON, _ADDITIVE, _MULTIPLICATIVE, _EXPONENT, _PIPE = range(1, 9)
_LEVELS = {
    OR: _OR, AND: _AND,
    EQ: _COMPARISON, NEQ: _COMPARISON, LT: _COMPARISON, LTE: _COMPARISON, GT: _COMPARISON, GTE: _COMPARISON,
    REGEXEQ: _COMPARISON, REGEXNEQ: _COMPARISON,
    ADD: _ADDITIVE, SUB: _ADDITIVE, MUL: _MULTIPLICATIVE, DIV: _MULTIPLICATIVE, MOD: _MULTIPLICATIVE,
    POW: _EXPONENT, PIPE_FORWARD: _PIPE,
}  # fmt: skip


class Expressions(Composites):
    """The productions from an expression down to what it is made of."""

    # Expression = Conditional
    def expression(self) -> nodes.Expression:
        """Any expression."""
        if not self.deeper():
            self.depth -= 1
            return bad_expression(self.scan())
        expression = self.conditional() if self.peek().kind is IF else self.operand(_OR)
        self.depth -= 1
        return expression

    # Conditional = "if" Expression "then" Expression "else" Expression | LogicalOr
    def conditional(self) -> nodes.Expression:
        """A choice; a missing branch is noted and stands as an empty bad expression."""
        if_ = self.scan()
        test = self.expression()
        then = self.expect_or_skip(THEN)
        consequent = self.expression() if then.kind is THEN else bad_expression(then, "")
        else_ = self.expect_or_skip(ELSE)
        alternate = self.expression() if else_.kind is ELSE else bad_expression(else_, "")
        return nodes.ConditionalExpression(
            span_to(if_, alternate),
            test,
            consequent,
            alternate,
            comments=self.notes(tk_if=if_, tk_then=then, tk_else=else_),
            errors=self.take_errors(),
        )

    # LogicalOr      = LogicalAnd { "or" LogicalAnd }
    # LogicalAnd     = LogicalUnary { "and" LogicalUnary }
    # LogicalUnary   = ( "not" | "exists" ) LogicalUnary | Comparison
    # Comparison     = Additive { ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "=~" | "!~" ) Additive }
    # Additive       = Multiplicative { ( "+" | "-" ) Multiplicative }
    # Multiplicative = Exponent { ( "*" | "/" | "%" ) Exponent }
    # Exponent       = Pipe { "^" Pipe }
    # Pipe           = Unary { "|>" Unary }
    def operand(self, level: int) -> nodes.Expression:
        """An operand of operators of this level: all that binds as strongly or more."""
        if level <= _LOGICAL_UNARY and self.peek().kind in (NOT, EXISTS):
            return self.operators(self.logical_unary(), level)
        return self.operators(self.unary(), level)

    def operators(self, left: nodes.Expression, level: int) -> nodes.Expression:
        """What goes on after `left` with operators of this level or stronger ones; all of them group to the left."""
        while True:
            token = self.ahead or self.peek()
            strength = _LEVELS.get(token.kind, 0)
            if strength < level or not strength:
                return left
            self.ahead = None
            if strength == _PIPE:
                left = self.pipe(left, token)
                continue
            right = self.operand(strength + 1)
            if strength in (_MULTIPLICATIVE, _EXPONENT):
                self.take_errors()  # as in InfluxDB, these are lost
            make = nodes.LogicalExpression if strength <= _AND else nodes.BinaryExpression
            location = join(left, right)
            left = make(location, token.text, left, right, comments=own(token), errors=self.take_errors())

    def logical_unary(self) -> nodes.Expression:
        """`not` and `exists`, any number of them."""
        tokens: list[Token] = []
        while self.peek().kind in (NOT, EXISTS):
            tokens.append(self.scan())
        return self._apply(tokens, self.operand(_COMPARISON))

    # Unary = ( "+" | "-" ) Unary | Postfix
    def unary(self) -> nodes.Expression:
        """Signs, any number of them."""
        token = self.ahead or self.peek()
        if token.kind is not ADD and token.kind is not SUB:
            return self.postfix(self.primary())
        tokens: list[Token] = []
        while self.peek().kind in (ADD, SUB):
            tokens.append(self.scan())
        return self._apply(tokens, self.postfix(self.primary()))

    def _apply(self, tokens: list[Token], argument: nodes.Expression) -> nodes.Expression:
        for token in reversed(tokens):
            location = span_to(token, argument)
            errors = self.take_errors()
            argument = nodes.UnaryExpression(location, token.text, argument, comments=own(token), errors=errors)
        return argument

    def pipe(self, left: nodes.Expression, token: Token) -> nodes.PipeExpression:
        """The rest after `|>`: what is no call is noted and called without arguments."""
        right = self.unary()
        if not isinstance(right, nodes.CallExpression):
            self.errors.append("pipe destination must be a function call")
            right = nodes.CallExpression(right.location, right, [], errors=self.take_errors())
        return nodes.PipeExpression(join(left, right), left, right, comments=own(token), errors=self.take_errors())

    # Postfix = Primary { Dot | Call | Index }
    def postfix(self, expression: nodes.Expression) -> nodes.Expression:
        """Members, calls and indices."""
        while True:
            kind = (self.ahead or self.peek()).kind
            if kind is DOT:
                expression = self.dot(expression)
            elif kind is LPAREN:
                expression = self.call(expression)
            elif kind is LBRACK:
                expression = self.index(expression)
            else:
                return expression

    # Dot = "." Identifier
    def dot(self, expression: nodes.Expression) -> nodes.MemberExpression:
        """A member by name."""
        dot = self.scan()
        name = self.identifier()
        return nodes.MemberExpression(
            join(expression, name), expression, name, comments=self.notes(lbrack=dot), errors=self.take_errors()
        )

    # Call = "(" [ Property { "," Property } ] ")"
    def call(self, expression: nodes.Expression) -> nodes.CallExpression:
        """A call with its named arguments."""
        lparen = self.open(LPAREN, RPAREN)
        properties = self.property_list()
        rparen = self.close(RPAREN)
        call = nodes.CallExpression(
            span_from(expression, rparen),
            expression,
            [],
            comments=self.notes(lparen=lparen, rparen=rparen),
            errors=self.take_errors(),
        )
        if properties:
            call.arguments.append(nodes.ObjectExpression(join(properties[0], properties[-1]), None, properties))
        return call

    # Index = "[" Expression "]"
    def index(self, expression: nodes.Expression) -> nodes.Expression:
        """An element; with a string literal it is a member."""
        lbrack = self.open(LBRACK, RBRACK)
        index = self.expression_while_more()
        rbrack = self.close(RBRACK)
        if index is None:
            self.errors.append("no expression included in brackets")
            errors = self.take_errors()
            index = nodes.IntegerLiteral(span(lbrack, rbrack), -1)
            return nodes.IndexExpression(span_from(expression, rbrack), expression, index, errors=errors)
        comments = self.notes(lbrack=lbrack, rbrack=rbrack)
        errors, location = self.take_errors(), span_from(expression, rbrack)
        if isinstance(index, nodes.StringLiteral):
            return nodes.MemberExpression(location, expression, index, comments=comments, errors=errors)
        return nodes.IndexExpression(location, expression, index, comments=comments, errors=errors)

    # Primary = Identifier | literal | Array | Dict | Object | Paren | Function
    def primary(self) -> nodes.Expression:
        """What operators stand between. A token that begins none of these stays where it is."""
        token = self.peek_with_regex()
        production = _PRIMARIES.get(token.kind)
        return bad_expression(token) if production is None else production(self)

    def expression_while_more(self, *stop: str) -> nodes.Expression | None:
        """Expressions until the block ends or a token of `stop` comes: one, where all is well.

        Several become one, joined by an operator that is none, which is reported later; a token that begins none is
        noted and passed over. None when there was nothing.
        """
        found: nodes.Expression | None = None
        while self.peek().kind not in stop and self.more():
            expression = self.expression()
            if isinstance(expression, nodes.BadExpression):
                self.pass_over()
            elif found is None:
                found = expression
            else:
                found = self.misfit(found, expression)
        return found

    def pass_over(self) -> None:
        """Take a token that begins no expression, and note it."""
        token = self.scan()
        self.errors.append(f"invalid expression {spot(token)}: {token.text}")

    def misfit(self, left: nodes.Expression, right: nodes.Expression) -> nodes.BinaryExpression:
        """Two expressions with nothing between them."""
        return nodes.BinaryExpression(join(left, right), "<INVALID_OP>", left, right, errors=self.take_errors())


_PRIMARIES = {
    IDENT: Expressions.identifier,
    INT: Expressions.integer_literal,
    FLOAT: Expressions.float_literal,
    STRING: Expressions.string_literal,
    QUOTE: Expressions.string_expression,
    REGEX: Expressions.regexp_literal,
    TIME: Expressions.time_literal,
    DURATION: Expressions.duration_literal,
    PIPE_RECEIVE: Expressions.pipe_literal,
    LBRACK: Expressions.array_or_dict,
    LBRACE: Expressions.object_literal,
    LPAREN: Expressions.paren,
    DOT: Expressions.label_literal,
}
