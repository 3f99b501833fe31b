"""mqtt.publish, to: what would reach other servers."""

from influxlite.flux.stdlib import outside

FUNCTIONS = [
    outside.refused(
        "mqtt",
        "publish",
        "(broker: string, topic: string, message: string, ?qos: int, ?retain: bool, ?clientid: string, "
        "?username: string, ?password: string, ?timeout: duration) => bool",
    ),
    outside.refused_stream(
        "mqtt",
        "to",
        "(<-tables: stream[A], broker: string, ?topic: string, ?qos: int, ?retain: bool, ?clientid: string, "
        "?username: string, ?password: string, ?name: string, ?timeout: duration, ?timeColumn: string, "
        "?tagColumns: [string], ?valueColumns: [string]) => stream[B] where A: Record, B: Record",
        writes=True,
    ),
]
