// The shapes that a generated dashboard is made of, from Grafana's own types. make.mjs turns them into a JSON Schema.
import type * as dashboard from './node_modules/@grafana/schema/dist/types/veneer/dashboard.types';
import type * as stat from './node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type * as statetimeline from './node_modules/@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';
import type * as table from './node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type * as text from './node_modules/@grafana/schema/dist/types/raw/composable/text/panelcfg/x/types.gen';
import type * as timeseries from './node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

// What Grafana's schema leaves open: the query of the InfluxDB data source, and `mappings`, which @grafana/data adds to
// annotations (AnnotationEventMappings).
interface FluxQuery {
  refId: string;
  datasource: { type: 'influxdb'; uid: string };
  query: string;
}
interface Mapped {
  mappings?: Partial<Record<'time' | 'text' | 'tags', { source: 'field'; value: string }>>;
}

export type Dashboard = Omit<dashboard.Dashboard, 'annotations'> & {
  annotations?: { list?: Array<dashboard.AnnotationQuery<FluxQuery> & Mapped> };
};
export type StatOptions = stat.Options;
export type StateTimelineOptions = statetimeline.Options;
export type StateTimelineField = statetimeline.FieldConfig;
export type TableOptions = table.Options;
export type TableField = table.FieldConfig;
export type TextOptions = text.Options;
export type TimeseriesOptions = timeseries.Options;
export type TimeseriesField = timeseries.FieldConfig;
