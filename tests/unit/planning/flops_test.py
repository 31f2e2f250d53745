"""FLOPs by formula against XLA's own count."""

import jax
import pytest

from pali_tf.models.functional import unflatten
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit.config import ViTConfig
from pali_tf.planning import flops
from pali_tf.planning.matrix_products import PARTS
from pali_tf.planning.run import Run
from tests.support.planned_run import FROZEN_VISION, make_run

pytestmark = pytest.mark.slow

LENGTH = 64


def make_config(remat_policy):
    # Wide enough that what is no matrix product counts for little.
    return PaliConfig(
        vision=ViTConfig(
            patch_size=8,
            width=256,
            depth=4,
            mlp_dim=1024,
            num_heads=4,
            image_size=64,
            remat_policy=remat_policy,
        ),
        language=MT5Config(
            vocab_size=2048,
            emb_dim=256,
            num_heads=4,
            num_encoder_layers=4,
            num_decoder_layers=4,
            head_dim=64,
            mlp_dim=512,
            remat_policy=remat_policy,
        ),
    )


def by_xla(run: Run) -> float:
    """FLOPs of a loss and its gradient, an example, before optimisation."""
    trainer = run.trainer
    model, specs = trainer.model, trainer.model.functional.specs

    def abstract(paths):
        return {
            path: jax.ShapeDtypeStruct(specs[path].shape, specs[path].dtype)
            for path in paths
        }

    def gradient(trainable, frozen, batch):
        def loss(params):
            return model.loss_fn(unflatten({**params, **frozen}), batch, None)

        return jax.grad(loss, has_aux=True)(trainable)[0]

    split = trainer.split
    batch = {
        name: jax.ShapeDtypeStruct(x.shape, x.dtype)
        for name, x in run.abstract_batch().items()
    }
    lowered = jax.jit(gradient).lower(
        abstract(split.trainable), abstract(split.frozen), batch
    )
    return lowered.cost_analysis()["flops"] / run.batch_size


@pytest.mark.parametrize("remat_policy", ["none", "block", "full"])
@pytest.mark.parametrize("trainable", [".*", FROZEN_VISION, "decoder/.*"])
def test_formula_equals_xla(remat_policy, trainable):
    run = make_run(make_config(remat_policy), trainable=trainable, batch_size=4)
    run = Run(
        trainer=run.trainer,
        batch_size=4,
        feature_lengths={"inputs": LENGTH, "targets": LENGTH},
    )
    config = run.trainer.model.config
    parts = flops.flops_by_part(
        flops.products_with_passes(
            config, LENGTH, LENGTH, run.trainer.split.trainable
        )
    )
    assert tuple(part.part for part in parts) == PARTS
    total = sum(part.hardware for part in parts)
    assert total == pytest.approx(by_xla(run), rel=0.015)


def test_a_frozen_tower_runs_forward_alone():
    config = make_config("block")
    paths = {"encoder/layers/mlp/wo/kernel"}
    parts = flops.flops_by_part(
        flops.products_with_passes(config, LENGTH, LENGTH, paths)
    )
    by_name = {part.part: part for part in parts}
    vision = by_name["vision"]
    assert (vision.again, vision.backward) == (0, 0)
    assert vision.model == vision.hardware == vision.forward > 0
    assert by_name["encoder"].again > 0


def test_blocks_of_unrolled_towers_are_one_path():
    assert flops.one_path_a_stack(
        ["encoder/layers_0/mlp/wo/kernel", "encoder/layers_1/mlp/wo/kernel"]
    ) == {"encoder/layers/mlp/wo/kernel"}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
