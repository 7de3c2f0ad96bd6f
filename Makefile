# Run `make` for what there is.
PYTHON_IN_VENV := .soc2/venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean clean-sandbox

help: ## Show this list
	@echo 'make TARGET'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'

setup: ## Make what running needs below .soc2/: virtualenv, packages, Pulumi CLI
	@PYTHON="$(PYTHON)" scripts/setup

demo: setup ## Run the main job: a risky stack is refused, a sound one is deployed
	@$(PYTHON_IN_VENV) -m sandbox demo

test: setup-dev ## Run the tests; pytest's arguments in ARGS, for example: make test ARGS="-k csp"
	@$(PYTHON_IN_VENV) -m pytest $(ARGS)

lint: setup-dev ## Check style and types: ruff, mypy --strict
	@$(PYTHON_IN_VENV) -m ruff check
	@$(PYTHON_IN_VENV) -m ruff format --check
	@$(PYTHON_IN_VENV) -m mypy

bench: setup-dev ## Measure the pack and the sandbox beside others that do less; ARGS=--help for more
	@$(PYTHON_IN_VENV) -m tests.bench $(ARGS)

clean-sandbox: ## Delete the sandbox: its account, its state, its stack copies
	rm -rf .soc2/sandbox

clean: ## Delete everything that set-up, runs and checks made
	rm -rf .soc2 .mypy_cache .ruff_cache .pytest_cache build dist

.PHONY: setup-dev
setup-dev:
	@PYTHON="$(PYTHON)" scripts/setup dev
