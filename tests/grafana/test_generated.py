"""What is generated: it is made anew from the code, fits Grafana's own types, and keeps to the house's rules."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from grafana import published
from grafana.alerts import NOT_FOR_MONITORING
from grafana.build import GENERATED, files
from grafana.palette import ALARM, AWAY, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW
from grafana.queries import MEMBER, SOURCE_BUCKET, asked
from query.question import questions

SCHEMA = json.loads((Path(__file__).parent / "schema" / "dashboard.schema.json").read_text())
SHAPES = {
    "timeseries": ("TimeseriesOptions", "TimeseriesField"),
    "table": ("TableOptions", "TableField"),
    "stat": ("StatOptions", None),
    "state-timeline": ("StateTimelineOptions", "StateTimelineField"),
    "text": ("TextOptions", None),
}
COLOURS = {ALARM, AWAY, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW}
BOARDS = published.dashboards()


def faults(shape: str, value: Any) -> list[str]:
    """Where a value does not fit one of Grafana's types."""
    found = jsonschema_rs.validator_for(SCHEMA["definitions"][shape]).iter_errors(value)
    return [f"{'/'.join(map(str, fault.instance_path))}: {fault.message[:200]}" for fault in found]


def test_the_committed_files_are_what_the_code_makes() -> None:
    """Building anew gives byte for byte what is committed: nobody edited a generated file, or forgot to build."""
    there = {file.relative_to(GENERATED).as_posix(): file.read_text("utf-8") for file in GENERATED.rglob("*.*")}
    assert there == files(), "run `python -m grafana`"


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_fits_grafana_s_types(name: str) -> None:
    """The dashboard, each panel's options and its fields' own settings fit @grafana/schema, with nothing beyond it."""
    board = BOARDS[name]
    assert faults("Dashboard", board) == []
    for panel in board["panels"]:
        options, field = SHAPES[panel["type"]]
        assert faults(options, panel["options"]) == [], panel.get("title")
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
        if field and custom is not None:
            assert faults(field, custom) == [], panel["title"]


def test_the_schema_finds_what_does_not_fit() -> None:
    """A panel of a wrong size, an unknown option and a wrong unit are found: the schema is no empty one."""
    board = json.loads(json.dumps(BOARDS["ward"]))
    board["panels"][1]["gridPos"]["w"] = "wide"
    board["refresh"] = 60
    assert len(faults("Dashboard", board)) >= 2
    assert faults("TableOptions", {"showHeader": True, "frameIndex": 0, "colour": "red"})


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_on_the_grid_beside_each_other(name: str) -> None:
    """Panels are numbered once each, fill the grid's width of 24 and do not cover each other."""
    taken: set[tuple[int, int]] = set()
    panels = BOARDS[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not taken & cells, panel.get("title")
        taken |= cells


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_says_what_it_shows(name: str) -> None:
    """Each panel with a query has a title, a description, and a unit or columns that are described one by one."""
    for panel in BOARDS[name]["panels"]:
        if "targets" in panel:
            assert panel["title"], panel["id"]
            assert len(panel["description"]) > 30, panel["title"]
            named = [
                override for override in panel["fieldConfig"]["overrides"] if override["matcher"]["id"] == "byName"
            ]
            assert panel["fieldConfig"]["defaults"].get("unit") or named or panel["type"] == "state-timeline"


def test_only_colours_that_can_be_told_apart() -> None:
    """Every colour of every dashboard is one of the palette that colour-blind people can tell apart."""
    found = set(
        re.findall(r'"(#[0-9A-Fa-f]{6}|red|green|yellow|blue|orange|purple)"', json.dumps(list(BOARDS.values())))
    )
    assert found <= COLOURS, found - COLOURS


def test_a_colour_means_one_state_on_the_ward_board() -> None:
    """The table and the timeline of the same screen paint a state alike; only what is written beside it shares one."""
    table, timeline = BOARDS["ward"]["panels"][1:]
    (state,) = [o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "state"]
    (mappings,) = [given["value"] for given in state["properties"] if given["id"] == "mappings"]
    now = {value: told["color"] for value, told in mappings[0]["options"].items()}
    then = {
        value: told["color"] for value, told in timeline["fieldConfig"]["defaults"]["mappings"][0]["options"].items()
    }
    ranks = {"apneas": "4", "spo2": "3", "leak": "2", "mask off": "1", "steady": "0"}
    assert {value: now[value] for value in ranks} == {value: then[rank] for value, rank in ranks.items()}
    assert len(set(then.values())) == len(then)
    assert now["quiet"] not in {*then.values(), *(color for value, color in now.items() if value != "quiet")}


def test_every_query_is_a_question() -> None:
    """No query is written in a dashboard: the body of each is a file of query/questions, with `params` before it."""
    bodies = {question.render({p.name: "0" for p in question.parameters}) for question in questions().values()}
    bare = {re.sub(r"(?m)^params = .*\n", "", body) for body in bodies}
    for query in asked():
        as_written = query.flux.replace('params["bucket"]', "params.bucket")
        assert re.sub(r"(?m)^params = .*\n", "", as_written) in bare, query


def test_grafana_fills_in_nothing_but_the_range_and_the_window() -> None:
    """No other member has a name that Grafana's data source takes for its own: a query keeps the bucket it reads."""
    own = {"timeRangeStart", "timeRangeStop", "windowPeriod", "bucket", "defaultBucket", "organization"}
    taken = {match[0] for query in asked() for match in MEMBER.finditer(query.flux) if match[1] in own}
    assert taken == {"v.timeRangeStart", "v.timeRangeStop", "v.windowPeriod"}
    source = yaml.safe_load((GENERATED / "provisioning/datasources/bedside.yml").read_text())["datasources"][0]
    assert f'"{source["jsonData"]["defaultBucket"]}"' == SOURCE_BUCKET


def test_variables_enter_queries_only_where_they_can_do_no_harm() -> None:
    """A variable stands in a query by `percentencode` within a string, or is the one that no address can set."""
    for query in asked():
        names = re.findall(r"\$\{(\w+)(?::(\w+))?\}", query.flux)
        variables = {name: how for name, how in names if name in ("room", "mrn", "night", "timezone")}
        for name, how in variables.items():
            assert how == ("raw" if name == "timezone" else "percentencode"), query
            assert f'"${{{name}:{how}}}"' in query.flux
        assert "$room" not in query.flux
        assert "[[" not in query.flux
    for name, board in BOARDS.items():
        for variable in board.get("templating", {}).get("list", []):
            assert variable["skipUrlSync"] is (variable["name"] == "timezone"), name
            assert variable["multi"] is False


def test_links_keep_the_time_and_lead_somewhere() -> None:
    """A link between dashboards names one that there is, and carries the range or sets another."""
    uids = {board["uid"] for board in BOARDS.values()}
    links = re.findall(r'"url": "(/d/[^"]+)"', json.dumps(list(BOARDS.values())))
    assert len(links) > 4
    for link in links:
        assert link.split("/")[2] in uids, link
        assert "__url_time_range" in link or "&from=" in link, link
    for board in BOARDS.values():
        (menu,) = board["links"]
        assert (menu["keepTime"], menu["includeVars"], menu["tags"]) == (True, True, ["bedside"])


def test_alert_rules_name_no_patient_and_say_what_they_are_not() -> None:
    """Six rules with labels and the warning; none names an MRN, and no dollar asks for a variable that is not set."""
    rules = yaml.safe_load((GENERATED / "provisioning/alerting/rules.yml").read_text())["groups"][0]["rules"]
    assert len(rules) == len(published.alert_rules()) == 6
    for rule in rules:
        assert NOT_FOR_MONITORING in rule["annotations"]["description"]
        assert {"service", "severity", "team"} <= set(rule["labels"])
        assert rule["condition"] == rule["data"][-1]["refId"]
        assert rule["noDataState"] in ("OK", "Alerting")
        assert "mrn" not in rule["annotations"]["summary"]
        assert "$" not in json.dumps(rule), "Grafana would take it for a variable of its environment"
        (board,) = [b for b in BOARDS.values() if b["uid"] == rule["annotations"]["__dashboardUid__"]]
        # Grafana refuses to start on a rule that names a dashboard without one of its panels, as text.
        assert rule["annotations"]["__panelId__"] in {str(panel["id"]) for panel in board["panels"]}
    names = {name for file in GENERATED.rglob("*.yml") for name in re.findall(r"\$([A-Z][A-Z_]+)", file.read_text())}
    compose = (GENERATED.parents[1] / "docker-compose.yml").read_text()
    assert names
    assert [name for name in names if f"      {name}: " not in compose] == []


def test_contact_points_have_their_policies() -> None:
    """Every receiver of a policy is a contact point, so that no alert goes nowhere."""
    folder = GENERATED / "provisioning/alerting"
    contacts = yaml.safe_load((folder / "contact-points.yml").read_text())["contactPoints"]
    (policy,) = yaml.safe_load((folder / "policies.yml").read_text())["policies"]
    receivers = {policy["receiver"], *(route["receiver"] for route in policy["routes"])}
    assert receivers == {contact["name"] for contact in contacts}
    teams = {rule["team"] for rule in published.alert_rules()}
    assert teams == {"ward", "system"}
