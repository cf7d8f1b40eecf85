"""Hypothesis settings for all tests: the same examples in every run, on slow machines too.

``HYPOTHESIS_PROFILE=search`` looks for new examples instead.
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", derandomize=False, deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
