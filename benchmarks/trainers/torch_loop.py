"""A plain PyTorch loop over transformers' mT5, with its own Adafactor."""

import time
from typing import Any

import torch
import transformers.utils.logging
from transformers.optimization import Adafactor

from benchmarks.peers.hugging_face import make_language
from benchmarks.peers.worker import serve
from benchmarks.trainers import workload


class TorchLoop:
    """The model, the optimizer and the batch."""

    def load(self, size: str, dtype: str) -> dict[str, Any]:
        """Draws the model."""
        of = workload.SIZES[size]
        torch.manual_seed(0)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.dtype = {"float32": None, "bfloat16": torch.bfloat16}[dtype]
        self.model = make_language(of.config).to(self.device)
        self.optimizer = Adafactor(
            self.model.parameters(),
            lr=1e-3,
            relative_step=False,
            warmup_init=False,
            scale_parameter=True,
        )
        batch = workload.make_batch(of)
        self.inputs = self._tensor(batch["encoder_input_tokens"])
        self.targets = self._tensor(batch["decoder_target_tokens"])
        count = sum(p.numel() for p in self.model.parameters())
        return {"parameters": count, "devices": self.device}

    def _tensor(self, tokens: Any) -> torch.Tensor:
        return torch.from_numpy(tokens).long().to(self.device)

    def step(self, num_steps: int) -> dict[str, Any]:
        """Times steps on a batch that stays on the device."""
        self._wait()
        begin = time.perf_counter()
        for _ in range(num_steps):
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast(
                self.device, self.dtype, enabled=self.dtype is not None
            ):
                loss = self.model(
                    input_ids=self.inputs, labels=self.targets
                ).loss
            loss.backward()
            self.optimizer.step()
        self._wait()
        return {"seconds": time.perf_counter() - begin}

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    serve(TorchLoop())
