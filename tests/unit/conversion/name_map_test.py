"""Each declared map covers the tree of models of every size, both ways."""

import functools
import json
import pathlib

import pytest

from pali_tf.conversion.formats import FORMATS
from pali_tf.conversion.mt5_hugging_face import HUGGING_FACE
from pali_tf.conversion.mt5_t5x import SCALABLE
from pali_tf.conversion.name_map import Link, NameMap, Rule
from pali_tf.conversion.transform import IDENTITY, TRANSPOSE, Sizes
from pali_tf.conversion.tree import SCANNED, UNROLLED
from pali_tf.conversion.vit_big_vision import VIT_BIG_VISION
from pali_tf.conversion.vit_siglip import VIT_SIGLIP
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.pali.model import Pali
from pali_tf.models.vit import config as vit_config
from pali_tf.models.vit.model import VisionClassifier
from tests.support.random_tree import make_tree

MT5_SIZES = mt5_config.SIZES
VIT_SIZES = vit_config.SIZES


@functools.cache
def language_shapes(size):
    config = PaliConfig(
        vision=vit_config.get_config("tiny", image_size=64),
        language=mt5_config.get_config(size),
    )

    def build():
        model = Pali(config)
        model.build()
        return model

    return {
        path: spec.shape
        for path, spec in FunctionalModel(build).specs.items()
        if not path.startswith(("vision/", "connector/"))
    }


@functools.cache
def vision_shapes(size):
    config = vit_config.get_config(size)

    def build():
        model = VisionClassifier(config, num_classes=7)
        model.build()
        return model

    specs = FunctionalModel(build).specs
    return {path: spec.shape for path, spec in specs.items()}


def their_shapes(name_map, shapes, sizes):
    """What the map makes of our tree: {their name: shape}."""
    groups = {}
    for path in shapes:
        link = name_map.from_ours(path)
        assert link is not None, path
        groups.setdefault(link.theirs, []).append(link)
    theirs = {}
    for name, links in groups.items():
        one = links[0].rule.transform.theirs_shape(shapes[links[0].ours], sizes)
        count = len(links)
        if links[0].rule.repeated:
            stack = name.split("/")[0]
            count = sum(
                path.startswith(f"{stack}/layers_") and "mlp/wo/" in path
                for path in shapes
            )
        theirs[name] = links[0].theirs_shape(one, count)
    return theirs


def assert_covers(name_map, shapes, sizes):
    """Our tree to theirs and back is our tree, names and shapes."""
    theirs = their_shapes(name_map, shapes, sizes)
    back = {}
    for link in name_map.from_theirs(theirs):
        assert link.ours not in back, f"{link.ours} is found twice"
        one = link.own_shape(theirs[link.theirs])
        back[link.ours] = link.rule.transform.ours_shape(one, sizes)
    assert back == shapes


@pytest.mark.slow
@pytest.mark.parametrize("size", MT5_SIZES)
@pytest.mark.parametrize(
    "name_map",
    [HUGGING_FACE, SCALABLE, UNROLLED, SCANNED],
    ids=lambda m: m.name,
)
def test_maps_of_mt5_cover_every_size(name_map, size):
    heads = mt5_config.get_config(size).num_heads
    sizes = Sizes(language_num_heads=heads)
    assert_covers(name_map, language_shapes(size), sizes)


@pytest.mark.parametrize("size", VIT_SIZES)
@pytest.mark.parametrize(
    "name_map", [VIT_BIG_VISION, UNROLLED, SCANNED], ids=lambda m: m.name
)
def test_maps_of_the_vit_cover_every_size(name_map, size):
    sizes = Sizes(num_heads=vit_config.get_config(size).num_heads)
    assert_covers(name_map, vision_shapes(size), sizes)


@pytest.mark.parametrize("size", VIT_SIZES)
def test_the_map_of_siglip_covers_every_size(size):
    # SigLIP has no classes.
    shapes = {
        path: shape
        for path, shape in vision_shapes(size).items()
        if not path.startswith("head/")
    }
    assert_covers(VIT_SIGLIP, shapes, Sizes())


def test_the_largest_mt5_has_the_public_names_and_shapes():
    # Source: the config and the parameters of google/mt5-xxl.
    theirs = their_shapes(HUGGING_FACE, language_shapes("xxl"), Sizes())
    assert theirs["shared.weight"] == (250112, 4096)
    assert theirs["lm_head.weight"] == (250112, 4096)
    wo = "decoder.block.23.layer.2.DenseReluDense.wo.weight"
    assert theirs[wo] == (4096, 10240)
    assert theirs[
        "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    ] == (32, 64)
    assert len(theirs) == 2 + 2 * 2 + 24 * 9 + 24 * 14
    total = sum(a * b for a, b in (s for s in theirs.values() if len(s) == 2))
    total += sum(s[0] for s in theirs.values() if len(s) == 1)
    assert round(total / 1e9, 3) == 12.921


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_what_a_format_writes_it_reads(format_name):
    known = FORMATS[format_name]
    for name_map in known.target_maps.values():
        assert name_map in known.maps


def test_a_stack_gives_a_link_a_layer():
    rule = Rule("x/layers_{}/kernel", "x/kernel", layers_axis=1)
    name_map = NameMap(name="toy", rules=(rule,))
    links = name_map.from_theirs({"x/kernel": (5, 2, 7)})
    assert [link.ours for link in links] == [
        "x/layers_0/kernel",
        "x/layers_1/kernel",
    ]
    assert links[1].box((5, 2, 7)) == (slice(0, 5), slice(1, 2), slice(0, 7))
    assert links[1].place((5, 2, 7), (slice(1, 3), slice(0, 7))) == (
        slice(1, 3),
        slice(1, 2),
        slice(0, 7),
    )
    assert links[0].theirs_shape((5, 7), 2) == (5, 2, 7)


def test_a_part_is_a_slice_of_the_rows():
    link = Link(
        "key", "in_proj", Rule("key", "in_proj", TRANSPOSE, part=(1, 3))
    )
    assert link.box((12, 4)) == (slice(4, 8), slice(0, 4))
    # A matrix is transposed on its way.
    assert link.place((12, 4), (slice(0, 4), slice(1, 2))) == (
        slice(5, 6),
        slice(0, 4),
    )
    assert link.theirs_shape((4, 4), 1) == (12, 4)


def test_a_name_is_matched_as_a_whole_and_literally():
    name_map = NameMap(name="toy", rules=(Rule("a/{}", "x.{}.y", IDENTITY),))
    assert name_map.from_theirs({"x.3.y": (1,)})[0].ours == "a/3"
    for name in ("xx.3.y", "x.3.yy", "xq3.y", "x..y"):
        assert name_map.from_theirs({name: (1,)}) == []
    assert name_map.from_ours("b/3") is None


@pytest.mark.parametrize(
    ("folder", "name_map", "extra"),
    [
        ("mt5_huggingface", HUGGING_FACE, set()),
        ("siglip_huggingface", VIT_SIGLIP, set()),
    ],
)
def test_files_of_transformers_have_exactly_these_names(
    folder, name_map, extra
):
    root = pathlib.Path(__file__).parents[2] / "testdata" / folder
    with (root / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    shapes = {
        name: tuple(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }
    known = {link.theirs for link in name_map.from_theirs(shapes)}
    assert set(shapes) - known == extra


def test_a_random_tree_has_the_declared_paths():
    # The other tests convert these.
    parts = ("language", "vision", "connector", "map_head", "head")
    assert all(UNROLLED.from_ours(path) for path in make_tree(*parts))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
