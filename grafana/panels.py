"""The kinds of panel that dashboards are made of, with what all of them share."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.text import TextMode

from grafana.flux import DATASOURCE, Asked
from grafana.palette import BLUE
from grafana.thresholds import Limits

MINUTE_MS = 60_000
NO_READINGS = "No readings in this time"
WARNING_TEXT = (
    "**Bedside stores and shows. It is not for active patient monitoring**: watch patients with the monitors that are "
    "made for it."
)


Described = TypeVar("Described", stat.Panel, table.Panel, timeseries.Panel)


def thresholds(limits: Limits) -> dashboard_builders.ThresholdsConfig:
    """The steps of a measurement's limits."""
    steps = [dashboard.Threshold(value=value, color=color) for value, color in limits.steps]
    return dashboard_builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def fixed(color: str) -> dashboard_builders.FieldColor:
    """One colour for everything that a panel draws."""
    return dashboard_builders.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(color)


def by_threshold() -> dashboard_builders.FieldColor:
    """The colour of the step that a value falls into."""
    return dashboard_builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def by_name() -> dashboard_builders.FieldColor:
    """A colour a series, the same wherever that name is drawn."""
    return dashboard_builders.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def link(title: str, url: str) -> dict[str, Any]:
    """A link of a value, on the same page."""
    return {"title": title, "url": url, "targetBlank": False}


def named(title: str) -> list[dashboard.DynamicConfigValue]:
    """The override that gives a line its name."""
    return properties(displayName=title)


def properties(**given: Any) -> list[dashboard.DynamicConfigValue]:
    """The properties of an override, by Grafana's ids; `custom__width` is `custom.width`."""
    return [dashboard.DynamicConfigValue(id_val=name.replace("__", "."), value=value) for name, value in given.items()]


def series(
    title: str, asked: Iterable[Asked], unit: str, description: str, *, limits: Limits | None = None,
    decimals: int = 1, color: dashboard_builders.FieldColor | None = None, gap_ms: int = 10 * MINUTE_MS,
    span: int = 24, height: int = 7, legend: bool = True, floor: float | None = None, name: str | None = None,
    links: Iterable[Mapping[str, Any]] = (), interval: str = "1m",
) -> timeseries.Panel:  # fmt: skip
    """Lines over time; a hole of more than `gap_ms` between two points is drawn as one, and limits as dashed lines.

    `floor` is shown even where no value is so low, `name` the name of each line, `interval` the least window.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(f"{description}\n\n{limits.source}" if limits else description)
        .datasource(DATASOURCE)
        .unit(unit)
        .decimals(decimals)
        .no_value(NO_READINGS)
        .color_scheme(color or by_name())
        .draw_style(common.GraphDrawStyle.LINE)
        .line_width(2)
        .fill_opacity(0)
        .show_points(common.VisibilityMode.AUTO)
        .insert_nulls(gap_ms or False)
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .legend(
            common_builders.VizLegendOptions()
            .show_legend(legend)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .interval(interval)
        .span(span)
        .height(height)
    )
    for target in asked:
        panel.with_target(target)
    if floor is not None:
        panel.axis_soft_min(floor)
    if name:
        panel.display_name(name)
    if chosen := list(links):
        panel.data_links([_dashboard_link(given) for given in chosen])
    if limits:
        panel.thresholds(thresholds(limits)).thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
    return panel


def bars(panel: timeseries.Panel) -> timeseries.Panel:
    """The same panel with a bar for each value: for counts by hour or by night."""
    return panel.draw_style(common.GraphDrawStyle.BARS).fill_opacity(70).line_width(1).bar_alignment(
        common.BarAlignment.AFTER
    ).show_points(common.VisibilityMode.NEVER)  # fmt: skip


def figures(title: str, asked: Asked, description: str, *, height: int = 4) -> stat.Panel:
    """Numbers side by side, large enough for a wall: the last value of each column that `column` describes."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(asked)
        .no_value("–")
        .color_scheme(fixed(BLUE))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
        .span(24)
        .height(height)
    )


def rows(title: str, asked: Asked, description: str, *, span: int = 24, height: int = 12) -> table.Panel:
    """A table; its columns are described by `column`, in the order in which they are shown."""
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(asked)
        .no_value("")
        .cell_height(common.TableCellHeight.MD)
        .cell_options(common.TableAutoCellOptions())
        .span(span)
        .height(height)
    )


def column(
    panel: Described, name: str, title: str, *, unit: str = "none", decimals: int | None = None,
    width: int | None = None, limits: Limits | None = None,
    mappings: Mapping[str, tuple[str, str | None]] | None = None, links: Iterable[Mapping[str, Any]] = (),
    no_value: str = "–",
) -> Described:  # fmt: skip
    """A column of an answer: what it is called, its unit, how wide a table shows it, and how it is coloured."""
    given: dict[str, Any] = {"displayName": title, "unit": unit, "noValue": no_value}
    if decimals is not None:
        given["decimals"] = decimals
    if width is not None:
        given["custom__width"] = width
    if limits:
        steps = [{"value": value, "color": color} for value, color in limits.steps]
        given |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    if mappings:
        given["mappings"] = [{"type": "value", "options": _mapped(mappings)}]
    if width is not None and (limits or mappings):
        given["custom__cellOptions"] = {"type": "color-text" if limits else "color-background"}
    if chosen := list(links):
        given["links"] = chosen
    panel.override_by_name(name, properties(**given))
    return panel


def hidden(panel: table.Panel, *names: str) -> table.Panel:
    """Columns of an answer that links need and nobody reads."""
    for name in names:
        panel.override_by_name(name, properties(custom__hideFrom={"viz": True, "legend": True, "tooltip": True}))
    return panel


def only(panel: Described, *names: str) -> Described:
    """Draw these columns of the answer and no others."""
    options = {"include": {"names": list(names)}}
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="filterFieldsByName", options=options))
    return panel


def arranged(panel: Described) -> Described:
    """Show the columns that were described, in that order, and no others: servers put them in orders of their own."""
    config = panel.build().field_config
    overrides = config.overrides if config else []
    names = [str(override.matcher.options) for override in overrides if override.matcher.id_val == "byName"]
    only(panel, *names)
    order = {"indexByName": {name: at for at, name in enumerate(names)}, "excludeByName": {}, "renameByName": {}}
    panel.with_transformation(dashboard.DataTransformerConfig(id_val="organize", options=order))
    return panel


def sorted_by(panel: table.Panel, title: str) -> table.Panel:
    """Show a table's rows with the largest of that column first; it is named by its title."""
    return panel.sort_by([common_builders.TableSortByFieldState().display_name(title).desc(True)])


def timeline(
    title: str, asked: Asked, states: Mapping[str, tuple[str, str | None]], description: str, *, name: str, height: int,
) -> statetimeline.Panel:  # fmt: skip
    """A row of coloured stretches for each series; `states` gives each value's text and colour, `name` the row's.

    A stretch lasts until the next value: a time without readings must be a value of its own.
    """
    mapping = dashboard.ValueMap(
        options={
            value: dashboard.ValueMappingResult(text=text, color=color, index=index)
            for index, (value, (text, color)) in enumerate(states.items())
        }
    )
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(asked)
        .mappings([mapping])
        .display_name(name)
        .no_value(NO_READINGS)
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.85)
        .fill_opacity(85)
        .line_width(0)
        .legend(
            common_builders.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .span(24)
        .height(height)
    )


def note(markdown: str, *, height: int = 2) -> text.Panel:
    """A line of text across the dashboard."""
    return text.Panel().mode(TextMode.MARKDOWN).content(markdown).transparent(True).span(24).height(height)


def _mapped(mappings: Mapping[str, tuple[str, str | None]]) -> dict[str, Any]:
    return {
        value: {"text": text, "index": index} | ({"color": color} if color else {})
        for index, (value, (text, color)) in enumerate(mappings.items())
    }


def _dashboard_link(given: Mapping[str, Any]) -> dashboard_builders.DashboardLink:
    return dashboard_builders.DashboardLink(given["title"]).url(given["url"])
