# Two commands: `make demo` and `make test`. The rest is for contributors; see CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := clients/web
# By itself: its builds for processors and for graphics cards share a version, and which one fits is the machine's matter.
TORCH ?= torch==2.13.0

.PHONY: demo demo-reset hello test lint bench voices lock schema clean

demo: $(VENV)/.installed $(WEB)/dist/.built
	@$(BIN)/python -m config.demo

demo-reset:
	@$(PYTHON) -m config.embedded.reset

hello: $(VENV)/.installed
	@$(BIN)/python -m config.hello $(TEXT)

test: $(VENV)/.installed $(WEB)/dist/.built
	cd $(WEB) && npm run --silent check && npm test --silent
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed $(WEB)/dist/.built
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m config.checks

bench: $(VENV)/.installed $(WEB)/dist/.built
	@$(BIN)/python -m benchmarks $(ONLY)

voices: $(VENV)/.installed
	@$(BIN)/python -m avatars.voice.fetch

schema: $(VENV)/.installed
	@$(BIN)/python -m config.schema

lock: $(VENV)/.installed
	$(BIN)/uv pip compile -q --universal --all-extras --generate-hashes --no-header --no-annotate -o requirements.lock pyproject.toml

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (the first time this takes a minute or two) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	@touch $@

$(WEB)/node_modules/.installed: $(WEB)/package-lock.json
	@cd $(WEB) && npm ci --silent --no-audit --no-fund
	@touch $@

$(WEB)/dist/.built: $(WEB)/node_modules/.installed $(shell find $(WEB)/src avatars/face/data -type f 2>/dev/null) $(WEB)/vite.config.ts
	@cd $(WEB) && npm run --silent build
	@touch $@

clean:
	rm -rf $(VENV) $(WEB)/node_modules $(WEB)/dist build
