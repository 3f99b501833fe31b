# Bedside in one image: the ingest API with its forwarder and the ward page. InfluxDB and Grafana have their own.
FROM python:3.13.16-slim-trixie AS build
WORKDIR /app
COPY . .
# The same set-up as on a laptop: everything from requirement files, each file checked against its hash.
RUN python3 run.py setup \
 && rm -rf .tools \
 && .venv/bin/python -m compileall -q -j 0 bedside grafana influxlite ingest query serving simulator ward .venv/lib

FROM python:3.13.16-slim-trixie
RUN groupadd --gid 10001 bedside \
 && useradd --uid 10001 --gid bedside --home-dir /data --no-create-home --shell /usr/sbin/nologin bedside \
 && install --directory --owner=bedside --group=bedside --mode=0700 /data \
 && install --directory --owner=bedside --group=bedside --mode=0755 /tokens/write /tokens/read /tokens/grafana
# Owned by root: what runs cannot change what it runs.
COPY --from=build /app /app
# DL3064 takes the name of a setting for a secret; its value is that no token is printed.
# hadolint ignore=DL3064
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    BEDSIDE_DATA=/data \
    BEDSIDE_HOST=0.0.0.0 \
    BEDSIDE_PORT=8000 \
    BEDSIDE_SHOW_TOKENS=no
USER 10001:10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/app/compose/healthy.py"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bedside"]
CMD ["up"]
