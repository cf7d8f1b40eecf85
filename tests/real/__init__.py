"""Gates of real open-source projects, checked against independent runs of the same suites."""

import pytest

# So that a disagreement is shown, not only reported.
pytest.register_assert_rewrite("tests.real.agreement")
