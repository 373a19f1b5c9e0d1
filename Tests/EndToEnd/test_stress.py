"""Traffic that a tail sampler must survive, small enough for every day; `make stress` is the whole.

The tools are those of the benchmarks, built from C.
"""

import pathlib
import sys

import martlet
import pytest

sys.path.insert(0, str(martlet.ROOT / "Benchmarks"))
import run  # noqa: E402
import stress  # noqa: E402

BUDGET = 16  # MiB.
SCALES = {
    "one-trace": 0.04, "one-trace-kept": 0.04, "many-traces": 0.02, "all-errors": 0.05,
    "many-strings": 0.05, "many-patterns": 0.1,
}


@pytest.fixture(scope="module", autouse=True)
def tools():
    run.build_tools()


@pytest.mark.parametrize("name", stress.SCENARIOS)
def test_memory_stays_within_the_budget_and_the_books_are_even(name):
    result = stress.stress(
        name, pathlib.Path(martlet.binary()), SCALES[name], wait="2s", budget=BUDGET
    )

    # In a budget this small, what is on its way beside the sampler is more than a tenth.
    wrong = [text for text in result["wrong"] if "MB at most" not in text]
    assert wrong == []
    assert result["peak_mb"] < result["limit_mb"] + 24
    assert result["spans_per_second"] > 1_000
