"""The real train step, compiled for a TPU topology that is not here."""

import dataclasses
import re
import time

import jax

from pali_tf.planning.run import Run, bytes_on_a_device

_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = r"(\d+(?:\.\d+)?)([KMGT])"
_EXCEEDS = re.compile(rf"\({_SIZE}\) exceeds available HBM \({_SIZE}\)")
_USED = re.compile(rf"Used {_SIZE} of {_SIZE} hbm")


@dataclasses.dataclass(frozen=True, kw_only=True)
class CompiledStep:
    """What the compiler says of a step that fits.

    Attributes:
        seconds: of tracing, lowering and compiling.
        state_bytes: of the train state on one device.
        arguments_bytes: state and batch.
        temporaries_bytes: all that the step makes: gradients, activations.
        program_bytes: of its code.
        peak_bytes: XLA's count of what is there at once.
        hlo: the text of the compiled program.
    """

    seconds: float
    state_bytes: int
    arguments_bytes: int
    temporaries_bytes: int
    program_bytes: int
    peak_bytes: int
    hlo: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class DoesNotFit:
    """What the compiler says of a step that asks for too much memory.

    `needs_bytes` and `available_bytes` are of HBM; 0: the message does not
    tell.
    """

    seconds: float
    needs_bytes: int
    available_bytes: int
    message: str


def compile_step(run: Run) -> CompiledStep | DoesNotFit:
    """Compiles the train step of a run for its trainer's devices.

    Raises:
        jax.errors.JaxRuntimeError: the compiler failed for another reason
            than memory.
    """
    start = time.monotonic()
    trainer = run.trainer
    try:
        compiled = trainer.compile_train_step(run.abstract_batch())
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return out_of_memory(str(error), time.monotonic() - start)
    memory = compiled.memory_analysis()
    return CompiledStep(
        seconds=time.monotonic() - start,
        state_bytes=sum(
            map(bytes_on_a_device, jax.tree.leaves(trainer.abstract_state))
        ),
        arguments_bytes=memory.argument_size_in_bytes,
        temporaries_bytes=memory.temp_size_in_bytes,
        program_bytes=memory.generated_code_size_in_bytes,
        peak_bytes=memory.peak_memory_in_bytes,
        hlo=compiled.as_text(),
    )


def out_of_memory(message: str, seconds: float) -> DoesNotFit:
    """Reads what the compiler says when a program does not fit.

    Example: "... HLO temporaries (33.38G) exceeds available HBM (15.75G)."
    """
    found = _EXCEEDS.search(message) or _USED.search(message)
    needs, available = 0, 0
    if found:
        needs = int(float(found[1]) * _UNITS[found[2]])
        available = int(float(found[3]) * _UNITS[found[4]])
    return DoesNotFit(
        seconds=seconds,
        needs_bytes=needs,
        available_bytes=available,
        message=message.strip().splitlines()[0],
    )
