"""What analysts ask: questions in Flux, a typed API over them, reports and files. Knows InfluxDB 2's API alone.

    from query import Ward

    Ward.connect().breath_rate(mrn="5001", night="2026-01-10", every="5m")  # a Polars frame

Where things are:

    questions/          a question a file; `question.py` reads the header and binds parameters (`literals.py`) into it
    ward.py             one method a question
    connection.py       the way to InfluxDB, by the official client; `annotated_csv.py` decodes its answers by columns
    errors.py           the tree of errors
    night/              a night's figures and reports
"""

from query.annotated_csv import Tables
from query.connection import Address, Connection
from query.errors import (
    AccessDenied,
    AnswerError,
    ConnectionFault,
    FluxError,
    ParameterError,
    QueryError,
    QuestionError,
    UnknownQuestion,
)
from query.question import Question, question, questions
from query.ward import Ward

__all__ = [
    "AccessDenied",
    "Address",
    "AnswerError",
    "Connection",
    "ConnectionFault",
    "FluxError",
    "ParameterError",
    "QueryError",
    "Question",
    "QuestionError",
    "Tables",
    "UnknownQuestion",
    "Ward",
    "question",
    "questions",
]
