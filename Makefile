# help           lists these targets
# run            installs what is missing, builds a release and runs it with config/martlet.yaml
# test           installs what is missing and runs every test
# check          lint, then every test
# format         formats the Swift sources in place
# lint           refuses Swift that is not formatted or breaks a lint rule
# bench          measures the release build against a bare relay, as ratios (Benchmarks/README.md)
# bench-micro    the data plane by itself: nanoseconds a span, allocations a body
# stress         a trace of five million spans and its like: memory, throughput, books
# build          a debug build
# release        an optimised, stripped build with the Swift runtime inside: .build/release/martlet
# tsan           the Swift tests under the thread sanitizer
# asan           the Swift tests under the address sanitizer
# image          a container image, martlet:latest (needs a container engine)
# install-build  installs the libraries that a build needs (Debian packages; scripts/packages)
# install-tests  installs what the tests need besides: Debian packages, and Python packages in .venv
# clean          removes everything that was built

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CONFIG ?= config/martlet.yaml
RELEASE_FLAGS := -c release --static-swift-stdlib -Xlinker -s
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks
VENV := .venv/.complete

.PHONY: help run test check format lint bench bench-micro stress build release tsan asan image install-build \
	install-tests clean

help:
	@sed -n '/^# /!q; s/^# //p' Makefile

run: release
	.build/release/martlet --config $(CONFIG)

test: install-build install-tests
	scripts/run-tests

check: lint test

format:
	swift format format --in-place --recursive --parallel $(SWIFT_SOURCES)

lint:
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

bench: release install-tests
	.venv/bin/python Benchmarks/run.py --martlet .build/release/martlet $(BENCH)

bench-micro: install-build
	swift run $(RELEASE_FLAGS) OTLPBenchmark

stress: release install-tests
	.venv/bin/python Benchmarks/stress.py --martlet .build/release/martlet $(STRESS)

build: install-build
	swift build

release: install-build
	swift build $(RELEASE_FLAGS) --product martlet

# Sanitized builds have folders of their own, so that they do not undo the ordinary one.
tsan: install-build
	swift test --sanitize=thread --scratch-path .build/tsan

asan: install-build
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build/asan

image:
	docker build --tag martlet:latest .

install-build:
	@scripts/install-packages build

install-tests: $(VENV)

$(VENV): Tests/requirements.txt
	@scripts/install-packages test
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@

clean:
	rm -rf .build .venv
