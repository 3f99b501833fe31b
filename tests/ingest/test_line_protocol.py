"""Line protocol needs no escapes, and says exactly what was sent."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ingest.line_protocol import field_set, join_fields, reading_line, split_fields, stay_line
from ingest.reading import IDENTIFIER

PLAIN = re.compile(r'cpap,mrn=[A-Za-z0-9-]+,room=[A-Za-z0-9-]+ [a-z_0-9]+=[^ ,"]+(,[a-z_0-9]+=[^ ,"]+)* -?[0-9]+')
identifiers = st.from_regex(re.compile(IDENTIFIER, re.ASCII), fullmatch=True).map(str.strip)
values = st.fixed_dictionaries(
    {"cpap_pressure": st.floats(0, 60)},
    optional={
        "breath_rate": st.floats(0, 150) | st.integers(0, 150),
        "apnea_count": st.integers(0, 1000),
        "leak_rate": st.floats(0, 300),
        "spo2": st.floats(0, 100),
        "mask_on": st.booleans(),
    },
)


@given(identifiers, identifiers, values, st.integers(-(10**12), 10**13))
def test_no_reading_needs_an_escape(room: str, mrn: str, fields: dict[str, float], time_ms: int) -> None:
    """Whatever a reading may hold, its line has no character that line protocol gives a meaning of its own."""
    assert PLAIN.fullmatch(reading_line(room, mrn, field_set(fields), time_ms))


@given(values)
def test_fields_are_exact(fields: dict[str, float]) -> None:
    """Every value reads back as it was sent, floats to the last bit; split and joined, a field set is the same."""
    written = field_set(fields)
    parts = split_fields(written)
    assert parts.keys() == fields.keys()
    for name, value in fields.items():
        if name == "apnea_count":
            assert parts[name] == f"{value}i"
        elif name == "mask_on":
            assert parts[name] == ("true" if value else "false")
        else:
            assert float(parts[name]) == value
            assert not parts[name].startswith("-")
    assert join_fields(parts) == written


def test_an_image_is_its_digest() -> None:
    """The image's field is a string; a boundary's point is too."""
    assert field_set({"spo2": 1}, "ab12") == 'spo2=1.0,flow_image="ab12"'
    assert stay_line("1", "2", "left", 3) == 'stay,mrn=2,room=1 event="left" 3'
