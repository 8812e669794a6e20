# One image for every service; the command says which one it runs.
FROM python:3.11-slim
# For names on invoices that Western European letters do not spell.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
ENV SLUICE_INVOICE_FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
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
