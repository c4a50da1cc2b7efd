# One word a task; `make` alone lists them. Everything is installed into .venv (training: .venv-train),
# nothing outside this folder is touched, except by `system-libs` when it runs as root.

VENV := .venv
VENV_TRAIN := .venv-train
VENV_PEERS := .venv-peers
OUT ?= demo-out
PHOTO ?=
ARGS ?=
# Which ONNX Runtime to install: cpu or gpu, never both.
EXTRA ?= cpu

# Debian and Ubuntu packages that the tests need beside python3 and python3-venv: what Qt wants of a
# system without a screen. Every other library comes inside a wheel.
DEBIAN_PACKAGES := libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0

# The first Python that is new enough and can make environments. Debian has `venv` without `ensurepip`
# until python3-venv is installed, so both are asked for.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$p; break; fi; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-train test-hosts lint format system-libs bench proofs translations wheel clean distclean

help:
	@echo 'make demo                analyse the photo that ships with Flawmap, damaged by a known recipe'
	@echo 'make demo PHOTO=path     analyse a photo of yours'
	@echo 'make test                everything that needs no torch   (a part: make test ARGS="tests/api -k wire")'
	@echo 'make test-train          the training room, in an environment of its own (installs torch)'
	@echo 'make test-hosts          the plug-ins in real editors: builds a Debian tree with them (root, 1.6 GB)'
	@echo 'make lint                ruff, types, who may import whom'
	@echo 'make format              put the code into its form'
	@echo 'make bench               the table of docs/benchmarks.md'
	@echo 'make proofs              the long form of docs/proofs.md (hours)'
	@echo 'make translations        collect and compile the texts of the panel'
	@echo 'make wheel               build the package into dist/'
	@echo 'make system-libs         what a bare Debian or Ubuntu lacks'
	@echo 'make clean, distclean    remove what was made; also the environments'

# ---------------------------------------------------------------------------- environments

# One recipe for both environments. It also takes over one that was made by hand.
define make-environment
@test -x $@ || test -n "$(PYTHON)" || { \
	echo 'Flawmap needs Python 3.11 or newer with venv, and found none.' >&2; \
	echo 'Debian 12, Ubuntu 24.04 or newer: apt install python3 python3-venv' >&2; \
	echo 'Elsewhere: name one, for example  make PYTHON=/path/to/python3.12 demo' >&2; exit 1; }
@test -x $@ || $(PYTHON) -m venv $(1)
@$@ -m pip --version >/dev/null 2>&1 || $@ -m ensurepip >/dev/null
endef

$(VENV)/bin/python:
	$(call make-environment,$(VENV))

$(VENV_TRAIN)/bin/python:
	$(call make-environment,$(VENV_TRAIN))

# A stamp an extra, so that nobody waits for what the task at hand does not need.
$(VENV)/.ready-run-$(EXTRA): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing Flawmap into $(VENV) …'
	@$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRA)]'
	@touch $@

$(VENV)/.ready-test-$(EXTRA): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing Flawmap and what its tests need into $(VENV) …'
	@$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRA),test]'
	@touch $@ $(VENV)/.ready-run-$(EXTRA)

$(VENV)/.ready-dev-$(EXTRA): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing Flawmap and the tools of its makers into $(VENV) …'
	@$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRA),dev]'
	@touch $@ $(VENV)/.ready-run-$(EXTRA) $(VENV)/.ready-test-$(EXTRA)

$(VENV_TRAIN)/.ready: pyproject.toml constraints.txt | $(VENV_TRAIN)/bin/python
	@echo 'Installing torch and the training room into $(VENV_TRAIN) (this can take a while) …'
	@$(VENV_TRAIN)/bin/python -m pip install --quiet -c constraints.txt -e '.[cpu,train]' \
		pytest pytest-timeout hypothesis
	@touch $@

$(VENV_PEERS)/bin/python:
	$(call make-environment,$(VENV_PEERS))

# Other people's tools, away from ours: they want older libraries. Two of them are built from source;
# where that fails their rows stay empty.
$(VENV_PEERS)/.ready: | $(VENV_PEERS)/bin/python
	@echo 'Installing the tools that Flawmap is compared with into $(VENV_PEERS) …'
	@$(VENV_PEERS)/bin/python -m pip install --quiet 'numpy<2.3' cleanvision image-quality-ai
	@for tool in brisque blur-detector; do \
		$(VENV_PEERS)/bin/python -m pip install --quiet 'numpy<2.3' $$tool \
		|| echo "$$tool could not be built here."; done
	@touch $@

# ---------------------------------------------------------------------------- tasks

demo: $(VENV)/.ready-run-$(EXTRA)
ifeq ($(strip $(PHOTO)),)
	@$(VENV)/bin/flawmap demo --out '$(OUT)'
else
	@$(VENV)/bin/flawmap check --fail-on never '$(PHOTO)'
	@$(VENV)/bin/flawmap analyze --out '$(OUT)' '$(PHOTO)'
endif

test: system-libs $(VENV)/.ready-test-$(EXTRA)
	@$(VENV)/bin/python -m pytest $(ARGS)

test-train: system-libs $(VENV_TRAIN)/.ready
	@$(VENV_TRAIN)/bin/python -m pytest $(if $(strip $(ARGS)),$(ARGS),tests/train)

# The tree is kept outside the checkout (FLAWMAP_HOSTS_CACHE, else ~/.cache/flawmap-hosts). Where it
# cannot be built the tests are skipped and say why.
test-hosts: DEBIAN_PACKAGES += debootstrap
test-hosts: system-libs $(VENV)/.ready-test-$(EXTRA)
	-@$(VENV)/bin/python tests/hosts/chroot.py build
	@$(VENV)/bin/python -m pytest $(if $(strip $(ARGS)),$(ARGS),tests/hosts)

lint: $(VENV)/.ready-dev-$(EXTRA)
	@$(VENV)/bin/python -m ruff check .
	@$(VENV)/bin/python -m ruff format --check .
	@$(VENV)/bin/python -m mypy
	@$(VENV)/bin/lint-imports

format: $(VENV)/.ready-dev-$(EXTRA)
	@$(VENV)/bin/python -m ruff check --fix-only .
	@$(VENV)/bin/python -m ruff format .

# A folder of real photos of 12 megapixels and more; the research sets have one.
PHOTOS ?= $(firstword $(wildcard $(addsuffix /large,$(FLAWMAP_DATA) ../data)))
# The largest file of the folder: 24, 12 and 1 megapixels are made from it.
LARGE = $(firstword $(shell ls -S $(wildcard $(PHOTOS)/*.jpg)))

bench: $(VENV)/.ready-test-$(EXTRA) $(VENV_PEERS)/.ready
	@test -n '$(PHOTOS)' || { echo 'Name a folder of large photos: make bench PHOTOS=path' >&2; exit 1; }
	@$(VENV)/bin/python benchmarks/analysis.py --photos '$(PHOTOS)' $(ARGS)
	@$(VENV)/bin/python benchmarks/engine.py '$(LARGE)' --megapixels 24 $(ARGS)
	@$(VENV)/bin/python benchmarks/editor.py '$(LARGE)' --megapixels 24 $(ARGS)
	@$(VENV)/bin/python benchmarks/peers.py '$(LARGE)' $(ARGS)
	@test ! -e '$(PHOTOS)/../photos/photos.csv' || \
		$(VENV)/bin/python benchmarks/repair.py --data '$(PHOTOS)/..'

# The proofs at the length that docs/proofs.md speaks of: first those that `make test` samples,
# then the programs that only exist in a long form.
PROOFS := \
	tests/engine/analysis/test_run.py \
	tests/engine/imaging/test_robustness.py \
	tests/engine/inference/test_devices.py \
	tests/engine/server/test_connection_file.py \
	tests/engine/server/test_versions.py \
	tests/engine/server/test_who_gets_in.py \
	tests/exporters/test_repaired.py \
	tests/exporters/test_staging.py \
	tests/installer/test_installing.py \
	tests/ui/panel/test_bad_days.py \
	tests/ui/panel/test_faults.py \
	tests/ui/panel/test_marker_pixels.py \
	tests/ui/panel/test_settings.py \
	tests/system
PROOF_PHOTO ?= ui/flawmap_cli/data/demo.webp

proofs: $(VENV)/.ready-test-$(EXTRA)
	FLAWMAP_PROOFS=long $(VENV)/bin/python -m pytest --timeout 0 $(PROOFS)
	$(VENV)/bin/python tests/proofs/kill_engine.py '$(PROOF_PHOTO)'
	$(VENV)/bin/python tests/proofs/fuzz_images.py
	$(VENV)/bin/python tests/proofs/fuzz_wire.py
	$(VENV)/bin/python tests/proofs/repairs.py

# Nothing but pip: it fetches the builder into an environment of its own.
wheel: | $(VENV)/bin/python
	@$(VENV)/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# Collects the panel's texts for Qt Linguist and compiles what is translated.
PANEL := ui/flawmap_panel
translations: $(VENV)/.ready-dev-$(EXTRA)
	@for language in de en; do \
		$(VENV)/bin/pyside6-lupdate $(PANEL)/widgets/*.py -no-obsolete -locations none \
			-source-language en -target-language $$language \
			$$(test $$language != en || echo -pluralonly) \
			-ts $(PANEL)/translations/flawmap_panel_$$language.ts && \
		$(VENV)/bin/pyside6-lrelease $(PANEL)/translations/flawmap_panel_$$language.ts; done

system-libs:
	@missing=''; for p in $(DEBIAN_PACKAGES); do \
		dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; \
	elif ! command -v apt-get >/dev/null; then \
		echo "Not a Debian or Ubuntu: see that your system has what these packages hold:$$missing"; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -q && apt-get install -qy --no-install-recommends $$missing; \
	else echo "Some tests need system packages. Run:"; \
		echo "    sudo apt-get install --no-install-recommends$$missing"; fi

clean:
	rm -rf build dist demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find engine exporters ui tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(VENV_TRAIN) $(VENV_PEERS)
