# The two commands of a fresh machine are `make demo` and `make test`; both install what they need and say so.

.PHONY: help demo demo-stop demo-clean test lint bench generate

help:
	@echo "make demo        bring up a whole installation on this machine and send a request across it"
	@echo "                 (DEMO_EXIT=1: verify and stop by itself)"
	@echo "make demo-stop   stop a demo that runs"
	@echo "make demo-clean  remove what a demo left in .demo/"
	@echo "make test        every check: formatting, lints, licences, drift, tests, the demo"
	@echo "make lint        formatting, lints and licences alone"
	@echo "make bench       the figures of docs/benchmarks.md"
	@echo "make generate    make the committed generated files anew"

demo:
	@scripts/demo

demo-stop:
	@scripts/demo stop

demo-clean:
	@scripts/demo clean

test:
	@scripts/test

lint:
	@scripts/test lint

bench:
	@scripts/bench

generate:
	@scripts/generate
