"""The file and its statements: where parsing begins."""

from __future__ import annotations

from influxlite.flux import nodes
from influxlite.flux.parser.expressions import Expressions
from influxlite.flux.parser.stream import join, own, span, span_to, spot
from influxlite.flux.tokens import (
    ADD,
    ASSIGN,
    ATTRIBUTE,
    BUILTIN,
    COLON,
    COMMA,
    DIV,
    DOT,
    DURATION,
    EXISTS,
    FLOAT,
    IDENT,
    IF,
    IMPORT,
    INT,
    LBRACE,
    LBRACK,
    LPAREN,
    NOT,
    OPTION,
    PACKAGE,
    PIPE_RECEIVE,
    QUOTE,
    RBRACE,
    RETURN,
    RPAREN,
    STRING,
    SUB,
    TESTCASE,
    TIME,
)

_EXPRESSION_STARTS = frozenset(
    {INT, FLOAT, STRING, DIV, TIME, DURATION, PIPE_RECEIVE, LPAREN, LBRACK, LBRACE, ADD, SUB, NOT, IF, EXISTS, QUOTE}
)
_Attributes = list[nodes.Attribute]


class Parser(Expressions):
    """All productions; `file` is the first."""

    # File = { Attribute } [ PackageClause ] { Import } { Statement }
    def file(self) -> nodes.File:
        """A whole program. Attributes go to the clause, import or statement that follows them."""
        start = self.peek()
        attributes: _Attributes | None = self.attributes()
        package = None
        if self.peek().kind is PACKAGE:
            package = self.package_clause(attributes)
            attributes = None
        imports, attributes = self.import_list(attributes)
        body, attributes = self.statement_list(attributes)
        if attributes:
            location = join(attributes[0], attributes[-1])
            text = "extra attributes not associated with anything"
            body.append(nodes.BadStatement(location, text, errors=self.take_errors()))
        last = body[-1] if body else imports[-1] if imports else package
        location = span_to(start, last) if last else nodes.NOWHERE
        return nodes.File(
            location, package, imports, body, text=self.lexer.source, comments=self.notes(eof=self.peek())
        )

    # PackageClause = "package" Identifier
    def package_clause(self, attributes: _Attributes | None) -> nodes.PackageClause:
        """The file's package."""
        token = self.scan()
        name = self.identifier()
        return nodes.PackageClause(
            span_to(token, name), name, comments=own(token), errors=self.take_errors(), attributes=attributes
        )

    def import_list(self, attributes: _Attributes | None) -> tuple[list[nodes.ImportDeclaration], _Attributes | None]:
        """The imports, and the attributes that are left for what comes after them."""
        imports: list[nodes.ImportDeclaration] = []
        while True:
            kind = self.peek().kind
            if kind is ATTRIBUTE:
                if attributes is not None:
                    self.errors.append("found multiple attribute lists")
                attributes = self.attributes()
            elif kind is IMPORT:
                imports.append(self.import_declaration(attributes))
                attributes = None
            else:
                return imports, attributes

    # Import = "import" [ Identifier ] StringLiteral
    def import_declaration(self, attributes: _Attributes | None) -> nodes.ImportDeclaration:
        """One import, maybe under another name."""
        token = self.scan()
        alias = self.identifier() if self.peek().kind is IDENT else None
        path = self.string_literal()
        location = span_to(token, path)
        errors = self.take_errors()
        return nodes.ImportDeclaration(location, alias, path, comments=own(token), errors=errors, attributes=attributes)

    def statement_list(self, attributes: _Attributes | None) -> tuple[list[nodes.Statement], _Attributes | None]:
        """The statements up to the end of the block, and attributes that no statement took."""
        body: list[nodes.Statement] = []
        while self.more():
            body.append(self.statement(attributes))
            attributes = None
        return body, attributes

    # Statement = { Attribute } ( Option | Builtin | TestCase | Return | Assignment | Expression )
    def statement(self, attributes: _Attributes | None = None) -> nodes.Statement:
        """One statement; what begins none is taken, one token, as a bad one."""
        if not self.deeper():
            self.depth -= 1
            return self.bad_statement()
        if attributes is None:
            attributes = self.attributes()
        kind = self.peek().kind
        if kind is IDENT:
            statement = self.assignment_or_expression()
        elif kind in _EXPRESSION_STARTS:
            statement = self._expression_statement(self.expression())
        elif kind is OPTION:
            statement = self.option_statement()
        elif kind is RETURN:
            statement = self.return_statement()
        elif kind is BUILTIN:
            statement = self.builtin_statement()
        elif kind is TESTCASE:
            statement = self.testcase_statement()
        else:
            statement = self.bad_statement()
        statement.attributes = attributes or None
        self.depth -= 1
        return statement

    def bad_statement(self) -> nodes.BadStatement:
        """One token that begins no statement."""
        token = self.scan()
        return nodes.BadStatement(spot(token), token.text, comments=own(token), errors=self.take_errors())

    # Assignment = Identifier "=" Expression
    def assignment_or_expression(self) -> nodes.Statement:
        """What begins with a name."""
        name = self.identifier()
        token = self.peek()
        if token.kind is ASSIGN:
            return self.assignment(name)
        return self._expression_statement(self.operators(self.postfix(name), 0))

    def assignment(self, name: nodes.Identifier) -> nodes.VariableAssignment:
        """The rest of an assignment after its name."""
        token = self.scan()
        init = self.expression()
        return nodes.VariableAssignment(join(name, init), name, init, comments=own(token), errors=self.take_errors())

    def _expression_statement(self, expression: nodes.Expression) -> nodes.ExpressionStatement:
        return nodes.ExpressionStatement(expression.location, expression, errors=self.take_errors())

    # Option = "option" ( Assignment | Identifier "." Identifier "=" Expression )
    def option_statement(self) -> nodes.Statement:
        """An option of this package, or of another."""
        token = self.scan()
        name = self.identifier()
        kind = self.peek().kind
        if kind is ASSIGN:
            assignment: nodes.VariableAssignment | nodes.MemberAssignment = self.assignment(name)
        elif kind is DOT:
            assignment = self.member_assignment(name)
        else:
            return nodes.BadStatement(spot(token), token.text, comments=own(token), errors=self.take_errors())
        location = span_to(token, assignment)
        return nodes.OptionStatement(location, assignment, comments=own(token), errors=self.take_errors())

    def member_assignment(self, name: nodes.Identifier) -> nodes.MemberAssignment:
        """The rest of an assignment to a member, after the record's name."""
        dot = self.scan()
        member = self.identifier()
        assign = self.expect(ASSIGN)
        init = self.expression()
        errors = self.take_errors()
        target = nodes.MemberExpression(join(name, member), name, member, comments=self.notes(lbrack=dot))
        return nodes.MemberAssignment(join(name, init), target, init, comments=own(assign), errors=errors)

    # Return = "return" Expression
    def return_statement(self) -> nodes.ReturnStatement:
        """What a function's block answers."""
        token = self.scan()
        argument = self.expression()
        return nodes.ReturnStatement(span_to(token, argument), argument, comments=own(token), errors=self.take_errors())

    # Builtin = "builtin" Identifier ":" TypeExpression
    def builtin_statement(self) -> nodes.BuiltinStatement:
        """A name that the engine defines."""
        token = self.scan()
        name = self.identifier()
        colon = self.expect(COLON)
        type_ = self.type_expression()
        comments = self.notes(colon=colon)
        if token.comments:
            comments = {**(comments or {}), "": token.comments}
        location = span_to(token, type_)
        return nodes.BuiltinStatement(location, name, type_, comments=comments, errors=self.take_errors())

    # TestCase = "testcase" Identifier [ "extends" StringLiteral ] Block
    def testcase_statement(self) -> nodes.TestCaseStatement:
        """A test, which only a test's runner runs."""
        token = self.scan()
        name = self.identifier()
        extends = None
        if self.peek().kind is IDENT and self.peek().text == "extends":
            self.scan()
            extends = self.string_literal()
        block = self.block()
        location = span_to(token, block)
        errors = self.take_errors()
        return nodes.TestCaseStatement(location, name, extends, block, comments=own(token), errors=errors)

    # Block = "{" { Statement } "}"
    def block(self) -> nodes.Block:
        """Statements in braces."""
        lbrace = self.open(LBRACE, RBRACE)
        body, _ = self.statement_list(None)
        rbrace = self.close(RBRACE)
        comments = self.notes(lbrace=lbrace, rbrace=rbrace)
        return nodes.Block(span(lbrace, rbrace), body, comments=comments, errors=self.take_errors())

    def attributes(self) -> _Attributes:
        """The attributes that stand here, maybe none."""
        found: _Attributes = []
        while self.peek().kind is ATTRIBUTE:
            found.append(self.attribute())
        return found

    # Attribute = "@" Identifier [ "(" [ Primary { "," Primary } ] ")" ]
    def attribute(self) -> nodes.Attribute:
        """One attribute."""
        token = self.scan()
        name = token.text.lstrip("@")
        if self.peek().kind is not LPAREN:
            return nodes.Attribute(spot(token), name, [], comments=own(token), errors=self.take_errors())
        self.open(LPAREN, RPAREN)
        params = self.attribute_params()
        end = self.close(RPAREN)
        return nodes.Attribute(span(token, end), name, params, comments=own(token), errors=self.take_errors())

    def attribute_params(self) -> list[nodes.AttributeParam]:
        """The literals of an attribute; a comma that is missing is noted when all of them are read."""
        params: list[nodes.AttributeParam] = []
        errors: list[str] = []
        last = self.peek().start
        while self.more():
            value = self.primary()
            location, comments = value.location, None
            if self.more():
                token = self.peek()
                if token.kind is COMMA:
                    self.scan()
                    location = nodes.SourceLocation(*location[:2], token.end_line, token.end_column)
                    comments = self.notes(comma=token)
                else:
                    errors.append(f"expected comma in attribute parameter list, got {token.kind}")
            params.append(nodes.AttributeParam(location, value, comments=comments, errors=self.take_errors()))
            if self.peek().start == last:
                break
            last = self.peek().start
        self.errors += errors
        return params
