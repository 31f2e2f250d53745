"""Model FLOPs utilization: what the model needs over what the chips have."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from pali_tf.planning.chips import CHIPS

# JAX's `device_kind` -> the name in planning/chips.py.
_TPUS = {
    "TPU v4": "v4",
    "TPU v5 lite": "v5e",
    "TPU v5e": "v5e",
    "TPU v5": "v5p",
    "TPU v5p": "v5p",
    "TPU v6 lite": "v6e",
    "TPU v6e": "v6e",
    "TPU7x": "tpu7x",
}
# The beginning of `device_kind` -> bfloat16 FLOP/s of the tensor cores, dense.
# Source: NVIDIA's data sheets of A100, H100, H200, B200 and L4, whose numbers
# with sparsity are halved.
_GPUS = {
    "NVIDIA A100": 312e12,
    "NVIDIA H100 PCIe": 756e12,
    "NVIDIA H100": 989e12,
    "NVIDIA H200": 989e12,
    "NVIDIA B200": 2250e12,
    "NVIDIA L4": 121e12,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Utilization:
    """The MFU of a run.

    Attributes:
        account: What it is made from, or why there is none.
        steps: Of the points; none where there is no MFU.
        shares: MFU of each, 1 being the peak.
    """

    account: str
    steps: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()


def peak_flops(device_kind: str) -> float | None:
    """Gives the bfloat16 FLOP/s of a device; None: it is not in the tables.

    Example: peak_flops("TPU v4") gives 275e12.
    """
    if device_kind in _TPUS:
        return CHIPS[_TPUS[device_kind]].device().peak_flops
    for beginning, peak in _GPUS.items():
        if f"{device_kind} ".startswith((f"{beginning} ", f"{beginning}-")):
            return peak
    return None


def utilization(
    lines: Sequence[Mapping[str, Any]],
    environment: Mapping[str, Any] | None,
    stated_peak: float | None = None,
) -> Utilization:
    """Computes the MFU of each line of the training's metrics.

    Args:
        lines: With "step" and "steps_per_second".
        environment: Of environment.json.
        stated_peak: FLOP/s of a device, in place of the tables'.
    """
    told = environment or {}
    flops = (told.get("step") or {}).get("model_flops")
    if flops is None:
        return Utilization(
            account="No MFU: environment.json does not tell the FLOPs of a "
            "step."
        )
    kind = str(told.get("device_kind"))
    peak = stated_peak or peak_flops(kind)
    if peak is None:
        return Utilization(
            account=f"No MFU: the peak of a device of the kind {kind!r} is "
            "not known here; --peak_flops states one. A step takes "
            f"{flops:.3g} FLOPs of the model, by formula."
        )
    num_devices = max(len(told.get("devices") or ()), 1)
    points = [
        (
            int(line["step"]),
            flops * line["steps_per_second"] / (peak * num_devices),
        )
        for line in lines
        if line.get("steps_per_second")
    ]
    whose = "as stated" if stated_peak else f"the bfloat16 peak of {kind}"
    return Utilization(
        account=f"MFU: {flops:.3g} FLOPs of the model a step, by formula and "
        "without what runs again for the gradient, over "
        f"{num_devices} x {peak / 1e12:g} TFLOP/s ({whose}).",
        steps=tuple(step for step, _ in points),
        shares=tuple(share for _, share in points),
    )
