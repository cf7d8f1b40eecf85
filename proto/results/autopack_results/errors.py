"""The one error for values that do not satisfy the contract."""


class InvalidValue(ValueError):
    """A value is outside what the contract allows.

    ``path`` names the field (``"head.states"``), ``problem`` says what is wrong with it and what is expected.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem
