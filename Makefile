# `make demo` and `make test` each set up everything they need; the rest is for those who work here.
VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := edge drivers sync cext
BENCHMARKS := $(wildcard benchmarks/*.py)
KERNEL := $(wildcard cext/*.pyx cext/*.pxd cext/*.pxi)
STAMP := $(VENV)/.installed
# The first Python that is new enough; a pyenv shim answers only for versions that it really has.
PYTHON = $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $p)))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.NOTPARALLEL:
.PHONY: demo test check setup bench soak clean system-build system-test

demo: system-build setup
	$(VENV)/bin/tillside demo $(ARGS)

# The suite is last: what it says at the end is the answer.
test: system-test setup check
	$(PY) -m pytest

check: setup
	$(PY) -m ruff check -q .
	$(PY) -m ruff format -q --check .
	$(PY) -m mypy --strict --no-error-summary $(PACKAGES) tests changes $(BENCHMARKS)
	$(if $(KERNEL),PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cython-lint $(KERNEL))
	@$(VENV)/bin/lint-imports --no-logo >$(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }

# What the rule kernel is compared with. A machine that cannot have it all still gets its numbers.
bench: setup
	@$(PY) -m pip install -q -c constraints.txt --no-build-isolation -e ".[bench]" \
		|| echo "some of the extra 'bench' could not be installed; benchmarks.rules says which"
	@for file in $(BENCHMARKS); do \
		echo "== $$file"; $(PY) -m "benchmarks.$$(basename "$$file" .py)" || exit 1; done

soak: setup
	$(PY) -m pytest -m soak --timeout 0

setup: $(STAMP)
	@:

# Without build isolation the kernel is built by the pinned Cython, in place, and nothing is fetched twice.
$(STAMP): pyproject.toml setup.py constraints.txt $(KERNEL)
	@test -n "$(PYTHON)" || { echo "Tillside needs Python 3.11 or newer, and no python3 here is"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install -q -c constraints.txt pip setuptools Cython
	$(PY) -m pip install -q -c constraints.txt --no-build-isolation -e ".[demo]" --group dev
	@touch $@

system-build:
	@.ci/system-packages python3 venv gcc

system-test:
	@.ci/system-packages python3 venv gcc mosquitto systemd-analyze

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -f cext/*.so
