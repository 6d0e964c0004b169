# make venv   ROS 2, all libraries and geoloc_ros itself in .venv       make demo   a city, a drive, live nodes, a report
# make test   linters, types, layers, tests                             make native only the C++ library, in seconds
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
PYTHON312 ?= python3.12
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

# A sourced ROS installation, or another environment's ROS wheels, would shadow what is installed here.
unexport PYTHONPATH LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONHOME
export AMENT_PREFIX_PATH := $(CURDIR)/$(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PACKAGE_INPUTS := setup.py pyproject.toml requirements.txt package.xml CMakeLists.txt \
	$(wildcard cmake/*.cmake cmake/*.in cmake/geoloc.py cmake/tf2_msgs/* cmake/tf2_msgs/msg/* msg/*.msg srv/*.srv action/*.action)
NATIVE_INPUTS := src/CMakeLists.txt $(wildcard src/*.cpp src/*.hpp src/*.h)

# One line per ten packages, and the steps of the build: pip says nothing for minutes otherwise.
PIP_PROGRESS := awk '/Downloading|Using cached/ { if (++n % 10 == 0) print "  " n " packages fetched" } \
	/Installing|Building|Preparing|ERROR|error/ { print "  " substr($$0, 1, 110) } { fflush() }'

.PHONY: help venv dev demo test lint native jazzy-check clean

help:
	@sed -n '1,2s/^# //p' Makefile

venv: $(VENV)/.geoloc_ros $(VENV)/.geoloc_native

dev: $(VENV)/.geoloc_ros_dev venv

$(BIN)/python:
	@$(PYTHON) cmake/check_machine.py
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.geoloc_ros: $(PACKAGE_INPUTS) | $(BIN)/python
	@echo "installing ROS 2 and geoloc_ros into $(VENV) (the first time: 1 to 3 minutes)"
	@$(BIN)/pip install --prefer-binary --no-compile --progress-bar off -e . | $(PIP_PROGRESS)
	@touch $@ $(VENV)/.geoloc_native

# Only when C++ sources changed after the installation, which builds them as well.
$(VENV)/.geoloc_native: $(NATIVE_INPUTS) | $(VENV)/.geoloc_ros
	@$(BIN)/pip install --quiet cmake
	@$(BIN)/python cmake/build_native.py
	@touch $@

$(VENV)/.geoloc_ros_dev: $(VENV)/.geoloc_ros
	@echo "installing the test tools into $(VENV)"
	@$(BIN)/pip install --prefer-binary --no-compile --progress-bar off "geoloc_ros[dev]" | $(PIP_PROGRESS)
	@touch $@

demo: venv
	@$(BIN)/geoloc demo $(ARGS)

lint: dev
	$(BIN)/ruff check .
	@if [[ -x $(BIN)/mypy ]]; then echo $(BIN)/mypy; $(BIN)/mypy; else echo "types: checked on Python 3.11 and newer"; fi
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest $(ARGS)

native: $(VENV)/.geoloc_native

# The same sources against the Jazzy wheels, in an environment of their own, talking to the Kilted nodes of .venv.
jazzy-check: venv
	@test/interop/check_jazzy.sh $(PYTHON312)

clean:
	rm -rf build install log geoloc_ros.egg-info
