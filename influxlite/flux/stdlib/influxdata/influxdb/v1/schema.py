"""v1.tagValues, fieldsAsCols …: the older names of what is in package schema."""

from influxlite.flux.stdlib.influxdata.influxdb.schema import tags
from influxlite.flux.stdlib.registry import Written, flux

IMPORTS = ("influxdata/influxdb/schema",)


def _same(name: str, entry: Written) -> Written:
    return flux(entry.signature, f"schema.{name}", entry.doc, IMPORTS)


tag_values = _same("tagValues", tags.tag_values)
tag_keys = _same("tagKeys", tags.tag_keys)
measurement_tag_values = _same("measurementTagValues", tags.measurement_tag_values)
measurement_tag_keys = _same("measurementTagKeys", tags.measurement_tag_keys)
field_keys = _same("fieldKeys", tags.field_keys)
measurement_field_keys = _same("measurementFieldKeys", tags.measurement_field_keys)
measurements = _same("measurements", tags.measurements)
fields_as_cols = _same("fieldsAsCols", tags.fields_as_cols)
