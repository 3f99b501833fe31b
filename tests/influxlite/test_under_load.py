"""Eight dashboards work while 10,000 readings a second come in over HTTP; on influxlite and a real InfluxDB."""

from tests.influx_servers import Influx
from tests.influxlite.ward_load import FIELDS, Incoming, Ward, dashboards

LINES_PER_S = 10_000
SECONDS = 4.0


def test_dashboards_work_while_readings_come_in(influx: Influx) -> None:
    """No error, no point lost, every answer the same as when it was quiet, and what is acknowledged is found."""
    ward = Ward(rooms=40, hours=6)
    with influx.bucket() as bucket:
        ward.fill(influx, bucket)
        quiet = ward.answers(influx, bucket)
        incoming = Incoming(influx, bucket, ward, LINES_PER_S, SECONDS)
        screens = dashboards(influx, ward.panels(bucket), quiet, incoming)
        for screen in screens:
            screen.start()
        incoming.run()
        for screen in screens:
            screen.ended.set()
        for screen in screens:
            screen.join()
        assert incoming.faults == []
        assert [fault for screen in screens for fault in screen.faults] == []
        assert incoming.acknowledged == LINES_PER_S * SECONDS
        assert incoming.counted() == incoming.acknowledged * FIELDS
