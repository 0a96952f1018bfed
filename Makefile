# `make demo` and `make test` are the two commands of the README; both make the environment themselves.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Snakemake, with jobs that need not import PyTorch each for itself.
SNAKEMAKE := $(BIN)/python -m supcore.workflow.forks --cores all
# Folder with real stereo frames (kitti2015, kitti2012, flyingthings3d) for `make real`; used if it is there.
REAL_FRAMES ?= ../shared/realdata

.PHONY: demo real studies smoke rehearsal quick test test-all test-cpus bench check docs keys result-tables audit lock clean

demo: $(VENV)/ready
	$(SNAKEMAKE) results/tables/transfer.csv all --report results/report.html --report-after-run
	@$(BIN)/python -m supcore.reporting.closing results

real: $(VENV)/ready
	@if [ -d "$(REAL_FRAMES)" ] && [ ! -e data/real_frames ]; then mkdir -p data && ln -s "$(abspath $(REAL_FRAMES))" data/real_frames; fi
	$(SNAKEMAKE) --configfile config/real.yaml \
		$$(test -e data/real_frames && echo config/overlays/real/frames.yaml)

studies: $(VENV)/ready
	$(SNAKEMAKE) --configfile config/config.yaml config/overlays/demo/studies.yaml

# The demo's graph at its smallest, in a few minutes; its numbers mean nothing.
smoke: $(VENV)/ready
	$(SNAKEMAKE) --configfile tests/workflow/config/smoke.yaml \
		--config 'pathvars={"results": "results/smoke", "logs": "logs/smoke", "benchmarks": "benchmarks/smoke"}'

# The paper's configurations on miniatures of its data sets and releases, below results/rehearsal/; the numbers mean
# nothing. REHEARSAL="--part paper" for less, REHEARSAL="--device cuda" on a GPU.
rehearsal: $(VENV)/ready
	$(BIN)/python -m tests.rehearsal $(REHEARSAL)

# What a contributor runs after every change: no workflow, nothing that has to be installed beside Python, in a minute.
quick: $(VENV)/ready
	CI= $(BIN)/python -m pytest -q -n auto -m "not real and not slow and not thorough" tests/unit

test: $(VENV)/ready
	$(BIN)/python -m pytest -n auto -m "not real and not slow" --durations 15

test-all: $(VENV)/ready
	$(BIN)/python -m pytest

# How near the published networks are to what this machine can do, and how time and memory grow; it should be quiet.
bench: $(VENV)/ready
	$(BIN)/python tests/benchmarks/networks.py --threads $$(nproc) --networks psmnet psmnet_deform25 deeppruner aanet $(BENCH)
	$(BIN)/python tests/benchmarks/growth.py

# What a processor without AVX-512, and one without AVX, computes: rounding differs between them, results must not. Only
# tests that compare computed numbers; networks with 25 deformable convolutions repeat what others show, and take a
# fifth of the time.
COMPUTED := $(addprefix tests/parity/test_,aanet.py deeppruner.py deform_conv.py modern_networks.py psmnet.py universal_attack.py) \
	$(addprefix tests/unit/networks/test_,aanet.py deeppruner.py psmnet.py precision.py) \
	$(addprefix tests/unit/attack/test_,optimization.py per_image.py universal.py) tests/workflow/test_demo_weights.py

CPUS ?= avx2 default
ONEDNN_avx2 := AVX2
ONEDNN_default := SSE41

test-cpus: $(addprefix test-cpu-,$(CPUS))

test-cpu-%: $(VENV)/ready
	ATEN_CPU_CAPABILITY=$* ONEDNN_MAX_CPU_ISA=$(ONEDNN_$*) $(BIN)/python -m pytest -n auto -m "not slow" -k "not deform25" $(COMPUTED)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --allow-untyped-defs workflow_scripts
	$(BIN)/snakefmt --check Snakefile workflow rules
	$(BIN)/snakemake --lint
	$(BIN)/codespell

# Into site/; broken links and missing references are errors. The code is read, not imported: no PyTorch needed.
docs: $(VENV)-docs/ready
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --strict

# The tables of keys in config/README.md, from the schema of configurations.
keys: $(VENV)/ready
	$(BIN)/python docs/extensions/key_tables.py

# The tables of numbers in README.md and docs/, from reference_results/.
result-tables: $(VENV)/ready
	$(BIN)/python docs/extensions/result_tables.py

# The bill of materials, sbom.json, and known weaknesses of all pinned versions; fails where they cannot be looked up.
audit: $(VENV)/ready $(VENV)-tools/ready
	$(VENV)-tools/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible --output-file sbom.json
	$(VENV)-tools/bin/pip-audit $(addprefix --requirement ,$(wildcard envs/*.lock)) --no-deps --disable-pip --progress-spinner off --format json \
		| $(PYTHON) .ci/audit.py

# Exact versions, with hashes that pip checks: first pip and setuptools, which build what has no wheel.
define locked
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --require-hashes --requirement envs/build.lock
	$(1)/bin/python -m pip install --quiet --require-hashes --no-build-isolation --requirement envs/$(2).lock
endef

# The environment: exact versions, then this package without looking at versions again.
$(VENV)/ready: envs/build.lock envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 demo")'
	$(call locked,$(VENV),requirements)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# What the environment need not hold has environments of its own.
$(VENV)-docs/ready $(VENV)-tools/ready: $(VENV)-%/ready: envs/build.lock envs/%.lock
	$(call locked,$(VENV)-$*,$*)
	touch $@

# Pin the ranges of pyproject.toml for the oldest promised Python. A version stays while its range allows it:
# `make lock LOCK=--upgrade` takes the newest of all, LOCK="--upgrade-package torch" of one.
PIN = $(VENV)-tools/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" $(LOCK)

lock: $(VENV)-tools/ready
	$(PIN) --extra workflow --extra cluster --extra dev pyproject.toml --output-file envs/requirements.lock
	for group in build browser docs tools; do \
		$(PIN) --constraint envs/requirements.lock --group $$group --output-file envs/$$group.lock || exit; \
	done

clean:
	rm -rf results logs benchmarks .snakemake
