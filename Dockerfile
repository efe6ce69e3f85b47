# docker build -t cio-pipeline .
# docker run --rm -v "$PWD:/data/in:ro" -v cio-state:/data/state cio-pipeline \
#     -config in/configuration.json -data in/data.json
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/cio-pipeline \
    && /opt/cio-pipeline/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY cio_pipeline ./cio_pipeline
RUN /opt/cio-pipeline/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/cio-pipeline /opt/cio-pipeline
# The queue is in /data/state, which only this user may enter. A volume made for it
# takes its owner; a folder of the host must belong to user 10001.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin cio \
    && install -d -o cio -g cio /data \
    && install -d -o cio -g cio -m 0700 /data/state
ENV PATH=/opt/cio-pipeline/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
VOLUME /data/state
# The first one lets requests in flight end; nothing is lost without it either.
STOPSIGNAL SIGTERM
ENTRYPOINT ["cio-pipeline"]
CMD ["-help"]
