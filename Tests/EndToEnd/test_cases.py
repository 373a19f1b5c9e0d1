"""Each folder of Cases holds a configuration and what martlet says about it.

`expected-error.txt` is the standard error of `martlet validate --config config.yaml`, run in the
folder. A text with an 'error' means that martlet refuses to start, and says the same when it is
started; otherwise there are only warnings. To write the texts anew, and then read them, set
MARTLET_REWRITE_CASES.
"""

import os
import pathlib

import martlet
import pytest

CASES = sorted((pathlib.Path(__file__).parent / "Cases").iterdir())


def has_errors(text):
    return any(": error: " in line or line.startswith("error: ") for line in text.splitlines())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_validate_says_what_is_wrong(case):
    expected = case / "expected-error.txt"

    result = martlet.run("validate", "--config", "config.yaml", folder=case)

    if os.environ.get("MARTLET_REWRITE_CASES"):
        expected.write_text(result.stderr)
    assert result.stderr == expected.read_text()
    assert result.returncode == (martlet.EXIT_CONFIGURATION if has_errors(result.stderr) else 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_start_refuses_what_validate_refuses(case):
    expected = (case / "expected-error.txt").read_text()
    if not has_errors(expected):
        return

    result = martlet.run("--config", "config.yaml", folder=case, seconds=5)

    assert result.returncode == martlet.EXIT_CONFIGURATION
    assert result.stderr == expected
