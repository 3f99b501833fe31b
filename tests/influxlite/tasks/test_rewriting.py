"""Options are changed inside their script, and nothing else of it is."""

import pytest

from influxlite.tasks import options, spans
from influxlite.tasks.errors import OptionsError, ScriptError
from influxlite.tasks.rewriting import Changes, rewrite

REST = 'from(bucket: "ß")   |> range( start:-1h ) // as it was\n'
CASES = {
    "a name": ('option task = {name: "a", every: 1h}', Changes(name="b"), 'option task = {name: "b", every: 1h}'),
    "a name that must be quoted": (
        'option task = {name: "a", every: 1h}', Changes(name='q"\\ ${x}\n'),
        'option task = {name: "q\\"\\\\ \\${x}\\n", every: 1h}',
    ),
    "every": ('option task={every:1h,name:"a"}', Changes(every=spans.read("90m")), 'option task={every: 90m,name:"a"}'),
    "cron for every": (
        'option task = {name: "a", every: 1h}', Changes(cron="0 * * * *"),
        'option task = {name: "a", cron: "0 * * * *"}',
    ),
    "every for cron": (
        'option task = {name: "a", cron: "@daily"}', Changes(every=spans.read("2h")),
        'option task = {name: "a", every: 2h}',
    ),
    "an offset added": (
        'option task = {name: "a", every: 1h}', Changes(offset=spans.read("-5m")),
        'option task = {name: "a", every: 1h, offset: -5m}',
    ),
    "an offset changed over lines": (
        'option task = {\n    name: "ä",\n    // why\n    offset: 5m,\n    every: 1h,\n}',
        Changes(offset=spans.read("7m")),
        'option task = {\n    name: "ä",\n    // why\n    offset: 7m,\n    every: 1h,\n}',
    ),
    "an offset taken out": (
        'option task = {name: "a", every: 1h, offset: 5m}', Changes(offset=spans.read("0s")),
        'option task = {name: "a", every: 1h}',
    ),
    "an offset taken out in front": (
        'option task = {offset: 5m, name: "a", every: 1h}', Changes(offset=spans.read("0s")),
        'option task = {name: "a", every: 1h}',
    ),
    "several at once": (
        'option task = {name: "a", every: 1h}', Changes("b", spans.read("2h"), offset=spans.read("1m"), concurrency=2),
        'option task = {name: "b", every: 2h, offset: 1m, concurrency: 2}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_option_is_changed_in_place(name: str) -> None:
    """The new option stands where the old one stood, the script around it is as it was, and reads as meant."""
    before, changes, after = CASES[name]
    changed = rewrite(f"{before}\n{REST}", changes)
    assert changed == f"{after}\n{REST}"
    found = options.read(changed)
    assert found.name == (changes.name or options.read(before).name)


def test_a_script_without_an_option_cannot_be_changed() -> None:
    """The same words as for a new task."""
    with pytest.raises(OptionsError, match="no task options defined"):
        rewrite(REST, Changes(name="b"))


def test_what_is_no_flux_is_told_with_its_place() -> None:
    """InfluxDB's words for the first fault."""
    with pytest.raises(ScriptError, match="loc 1:1-1:5: expected RPAREN, got EOF"):
        rewrite("bad(", Changes(name="b"))
