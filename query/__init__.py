"""What analysts ask: questions in Flux, a typed API over them, reports and files. Knows InfluxDB 2's API alone.

questions/       a question a file; `question.py` reads the header and binds parameters (`literals.py`) into it
errors.py        the tree of errors
"""

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

__all__ = [
    "AccessDenied",
    "AnswerError",
    "ConnectionFault",
    "FluxError",
    "ParameterError",
    "QueryError",
    "Question",
    "QuestionError",
    "UnknownQuestion",
    "question",
    "questions",
]
