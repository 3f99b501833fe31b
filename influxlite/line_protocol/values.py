"""The values of line protocol: what InfluxDB takes for a number or a boolean, and how it names what it refuses."""

import json
import math
import re

from influxlite.line_protocol.errors import LineError

TRUE = frozenset(("t", "T", "true", "True", "TRUE"))
FALSE = frozenset(("f", "F", "false", "False", "FALSE"))
MIN_INT, MAX_INT, MAX_UINT = -(2**63), 2**63 - 1, 2**64 - 1
SHORT_NUMBER = re.compile(r"-?(?:[0-9]{1,18}i|[0-9]{1,19}u|[0-9]{1,11}\.?[0-9]{0,11}|\.[0-9]{1,11})", re.ASCII)
NUMBER_LETTERS = frozenset("0123456789.")
LONG_FLOAT = 25  # characters from which on InfluxDB checks the range of a float


def integer(text: str, smallest: int, largest: int, function: str) -> int:
    """A whole number in decimal; LineError with Go's words where it is none or out of range."""
    digits = text[1:] if text[:1] in ("-", "+") and smallest < 0 else text
    if not (digits.isascii() and digits.isdigit()):
        raise LineError(f'strconv.{function}: parsing "{text}": invalid syntax')
    value = int(text) if len(text) < 40 else largest + 1
    if not smallest <= value <= largest:
        raise LineError(f'strconv.{function}: parsing "{text}": value out of range')
    return value


def check_number(text: str) -> None:
    """LineError where InfluxDB refuses this as a number. `text` ends before the comma, the space or the line's end."""
    if SHORT_NUMBER.fullmatch(text) and (text[-1] != "u" or text[0] != "-"):
        return
    suffix, decimal, scientific = _scan(text)
    if suffix and (decimal or scientific):
        raise LineError("invalid number")
    if len(text) - (suffix == "i") - decimal - (text[0] == "-") == 0:
        raise LineError("invalid number")
    if suffix and (text[-1] != suffix or (suffix == "u" and text[0] == "-")):
        raise LineError("invalid number")
    whole = text[:-1]
    if suffix == "i" and len(whole) >= 19:
        try:
            integer(whole, MIN_INT, MAX_INT, "ParseInt")
        except LineError as fault:
            raise LineError(f"unable to parse integer {whole}: {fault}") from None
    elif suffix == "u" and len(whole) >= 20:
        try:
            integer(whole, 0, MAX_UINT, "ParseUint")
        except LineError as fault:
            raise LineError(f"unable to parse unsigned {whole}: {fault}") from None
    elif not suffix and (scientific or len(text) >= LONG_FLOAT):
        check_float(text)


def check_float(text: str) -> None:
    """LineError where this is no finite float."""
    try:
        finite = math.isfinite(float(text))
    except ValueError:
        finite = False
    if not finite:
        raise LineError("invalid float")


def floating(text: str) -> float:
    """A float; LineError with Go's words where it is none, such as a number with a quote of another field."""
    plain = text.isascii() and "_" not in text and text == text.strip()  # Python takes more for a number than Go
    try:
        value = float(text) if plain else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = json.dumps(text, ensure_ascii=False)
        fault = f"strconv.ParseFloat: parsing {shown}: invalid syntax"
        raise LineError(f"unable to parse floating point value {shown}: {fault}")
    return value


def _scan(text: str) -> tuple[str, bool, bool]:
    """The suffix (i, u or none), and whether there is a point and an exponent; LineError at a letter out of place."""
    suffix, decimal, scientific = "", False, False
    start = 1 if text[0] == "-" else 0
    if start == len(text):
        raise LineError("invalid number")
    for position in range(start, len(text)):
        letter = text[position]
        if letter in "iu" and position > 0 and not suffix:
            suffix = letter
        elif letter == ".":
            if decimal:
                raise LineError("invalid number")
            decimal = True
        elif position > 0 and letter in "eE":
            scientific = True
        elif not (letter in "+-" and text[position - 1] in "eE") and letter not in NUMBER_LETTERS:
            raise LineError("invalid number")
    return suffix, decimal, scientific


def check_boolean(text: str) -> None:
    """LineError where this is no boolean."""
    if text not in TRUE and text not in FALSE:
        raise LineError("invalid boolean")
