PY := .venv/bin/python
.PHONY: setup check
setup:
	python3 -m venv .venv
	$(PY) -m pip install -q -U pip setuptools wheel "Cython>=3.1"
	$(PY) -m pip install -q -e ".[demo]" --group dev
