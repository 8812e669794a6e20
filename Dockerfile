# One image for every service; the command says which one it runs.
FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock pyproject.toml ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY functions functions
COPY runtime runtime
COPY local local
COPY topics.toml ./
# Editable, as `make install` does: topics.toml is looked for beside the packages.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER nobody
CMD ["python", "-m", "runtime", "orders"]
