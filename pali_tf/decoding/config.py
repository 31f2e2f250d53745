"""How an answer is chosen; standard library only."""

import dataclasses

from pali_tf.errors import UserError

# Below it, T5X takes a temperature for zero: 1/temperature overflows.
# Source: google-research/t5x t5x/decoding.py, MIN_TEMPERATURE.
_MIN_TEMPERATURE = 1e-4


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """Greedy by default; sampling or beam search by the fields set.

    Attributes:
        num_beams: K, hypotheses of an example that are followed together;
            above 1: beam search.
        alpha: exponent >= 0 of the brevity penalty ((5 + length)/6)^alpha, by
            which a hypothesis' log-probability is divided to rank it.
        temperature: of sampling, by which logits are divided; 0: the likeliest
            token.
        top_k: sample from so many of the likeliest tokens; None: from all.
        top_p: in (0, 1]: then from the fewest of the likeliest tokens that
            hold this share of the probability; None: from all.
        seed: of sampling. An answer depends on it and on the example alone.
        num_return: N, answers to an example, best first: beams (at most K), or
            samples.

    Raises:
        UserError: a field out of range, or fields that exclude each other.

    Source: google-research/t5x t5x/decoding.py, for alpha = 0.6.
    """

    num_beams: int = 1
    alpha: float = 0.6
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    num_return: int = 1

    def __post_init__(self) -> None:
        """Checks the fields, one by one and together."""
        for name in ("num_beams", "top_k", "num_return"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"{name} is {value}, below 1.")
        if self.alpha < 0:
            raise UserError(f"alpha is {self.alpha}, below 0.")
        if self.temperature != 0 and self.temperature < _MIN_TEMPERATURE:
            raise UserError(
                f"temperature is {self.temperature}: not 0 (the likeliest "
                f"token) and not at least {_MIN_TEMPERATURE}."
            )
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UserError(f"top_p is {self.top_p}, not in (0, 1].")
        if not 0 <= self.seed < 2**31:
            raise UserError(f"seed is {self.seed}, not in [0, 2^31).")
        self._check_together()

    def _check_together(self) -> None:
        if self.temperature == 0:
            for name in ("top_k", "top_p"):
                if getattr(self, name) is not None:
                    raise UserError(
                        f"{name} is {getattr(self, name)}, but nothing is "
                        "sampled: set temperature above 0, such as 1.0."
                    )
            if self.num_return > self.num_beams:
                raise UserError(
                    f"num_return is {self.num_return}, more than num_beams, "
                    f"{self.num_beams}."
                )
        elif self.num_beams > 1:
            raise UserError(
                f"num_beams is {self.num_beams} and temperature "
                f"{self.temperature}: search with beams or sample, not both."
            )

    @property
    def method(self) -> str:
        """One of "greedy", "sampling", "beam search"."""
        if self.temperature > 0:
            return "sampling"
        return "greedy" if self.num_beams == 1 else "beam search"

    def settings(self) -> dict[str, str | int | float | None]:
        """Gives the method and all fields, to be told beside a score."""
        return {"method": self.method, **dataclasses.asdict(self)}
