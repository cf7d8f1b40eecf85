"""What a language model took."""

from dataclasses import dataclass

from autopack_model.amount import check_amount
from autopack_model.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens: all of them, and those of prompt and completion where known (None is unknown, which is not zero).

    Raises InvalidValue when the parts and the total disagree.
    """

    total: int
    prompt: int | None
    completion: int | None

    def __post_init__(self) -> None:
        check_amount(self.total, "tokens.total")
        for name, part in (("prompt", self.prompt), ("completion", self.completion)):
            if part is not None:
                check_amount(part, f"tokens.{name}", most=self.total)
        if self.prompt is not None and self.completion is not None and self.prompt + self.completion != self.total:
            raise InvalidValue(
                "tokens.total",
                f"{self.total} is not the sum of prompt and completion, {self.prompt} + {self.completion}",
            )
