import itertools

import pytest

from pali_tf.sample_world import catalog, held_out, scene, world

SEED = 3
SCENES = 400


def make(level, split, count=SCENES, seed=SEED):
    config = world.make_config(level=level, seed=seed)
    return [world.make_scene(config, split, index) for index in range(count)]


@pytest.fixture(scope="module", params=["grid", "free"])
def level(request):
    return request.param


@pytest.fixture(scope="module")
def pictures(level):
    return {
        split: make(level, split) for split in ("train", "validation", "test")
    }


def combinations(pictures):
    return {
        (thing.color, thing.shape, *picture.thing_cell(thing))
        for picture in pictures
        for thing in picture.things
    }


def words(pictures):
    return {word.text for picture in pictures for word in picture.words}


def test_scenes_are_a_function_of_seed_split_and_index(level, pictures):
    assert make(level, "train", 5) == pictures["train"][:5]
    assert make(level, "train", 5, seed=4) != pictures["train"][:5]
    assert pictures["train"][:5] != pictures["validation"][:5]


def test_held_out_combinations_are_in_the_test_split_alone(pictures):
    seen = combinations(pictures["train"] + pictures["validation"])
    for combination in seen:
        assert not held_out.is_combination_held_out(SEED, *combination)
    for combination in combinations(pictures["test"]):
        assert held_out.is_combination_held_out(SEED, *combination)
        assert combination not in seen


def test_words_of_the_test_split_are_nowhere_else(pictures):
    seen = words(pictures["train"] + pictures["validation"])
    found = words(pictures["test"])
    assert found
    assert not found & seen


def test_each_place_holds_out_each_colour_and_each_shape_once():
    for row, column in itertools.product(range(scene.GRID), repeat=2):
        held = held_out.kinds_at(SEED, row, column, is_test=True)
        assert sorted(color for color, _ in held) == sorted(catalog.COLORS)
        assert sorted(shape for _, shape in held) == sorted(catalog.SHAPES)
        shown = held_out.kinds_at(SEED, row, column, is_test=False)
        assert len(held) + len(shown) == len(catalog.COMBINATIONS)


def test_no_two_objects_of_a_scene_are_of_one_kind(pictures):
    for picture in pictures["train"] + pictures["test"]:
        labels = [thing.label for thing in picture.things]
        assert labels
        assert len(set(labels)) == len(labels)


def test_print_and_objects_do_not_overlap(pictures):
    for picture in pictures["train"]:
        for word in picture.words:
            for thing in picture.things:
                box, other = picture.word_box(word), picture.thing_box(thing)
                assert (
                    box.ymax <= other.ymin
                    or other.ymax <= box.ymin
                    or box.xmax <= other.xmin
                    or other.xmax <= box.xmin
                )


def test_every_colour_shape_and_count_occurs(pictures):
    things = [t for picture in pictures["train"] for t in picture.things]
    assert {thing.color for thing in things} == set(catalog.COLORS)
    assert {thing.shape for thing in things} == set(catalog.SHAPES)
    counts = {len(picture.things) for picture in pictures["train"]}
    assert counts >= {1, 2, 3}


def test_grid_objects_stay_within_their_cells_by_one_pixel():
    for picture in make("grid", "train", 100):
        for thing in picture.things:
            row, column = picture.thing_cell(thing)
            assert -1 <= thing.top - 16 * row <= 3
            assert thing.top + thing.side_pixels <= 16 * (row + 1) + 1
            assert thing.left + thing.side_pixels <= 16 * (column + 1) + 1


def test_grid_words_fill_whole_cells():
    for picture in make("grid", "train", 100):
        for word in picture.words:
            assert (word.top % 16, word.left % 16) == (0, 0)
            assert word.width_pixels == 16 * len(word.text)
            assert 2 <= len(word.text) <= 4


def test_free_scenes_vary_in_texture_size_and_script():
    pictures = make("free", "train")
    things = [thing for picture in pictures for thing in picture.things]
    assert {thing.texture for thing in things} == set(catalog.TEXTURES)
    assert {thing.size for thing in things} == set(catalog.SIZES)
    scripts = {word.script for picture in pictures for word in picture.words}
    assert scripts >= {"Latin", "Greek", "Cyrillic", "digits"}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
