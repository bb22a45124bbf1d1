# syntax=docker/dockerfile:1
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/corridors
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY corridors corridors
COPY api api
COPY data data
RUN /opt/corridors/bin/pip install -c constraints.txt .

FROM python:3.12-slim-bookworm
ENV PATH=/opt/corridors/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/tmp/numba
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin corridors \
    && install -d -o corridors -g corridors /plans
COPY --from=build /opt/corridors /opt/corridors
USER 10001
WORKDIR /plans
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["corridors"]
CMD ["serve", "/plans", "--host", "0.0.0.0"]
