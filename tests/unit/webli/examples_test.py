import dataclasses

import pytest
import tensorflow as tf

from pali_tf.webli import examples, records

IMAGE = records.Image(
    encoded=b"\xff\xd8 jpeg \xff\xd9",
    format="jpeg",
    height=64,
    width=48,
    source_id="scene-train-7",
)
# Fractions that float32 holds exactly, so that equality is fair.
BOX = records.Box(0.25, 0.5, 0.75, 1.0)
FULL = records.Record(
    image=IMAGE,
    objects=(records.LabelledObject(label="red star", box=BOX),),
    negative_labels=("blue star", "red cross"),
    captions=(
        records.Caption(text="a red star", language="en", score=1.0),
        records.Caption(text="लाल तारा", language="hi", score=0.5),
    ),
    ocr=(records.OcrText(text="ΨΩ", language="el", box=BOX),),
    question_answers=(
        records.QuestionAnswer(
            question="红色物体是什么形状？", answer="star", language="zh"
        ),
        records.QuestionAnswer(
            question="How many?",
            answer="2",
            language="en",
            references=("2", "two", "2"),
            question_id="17",
            group="number",
        ),
    ),
    labels=("shape", "star shape"),
    group="in-domain",
)
TOKENS = records.VisualTokens(
    values=b"\xff\x80\x01\x02", dtype="int8", length=2, width=2, scale=(0.5, 2)
)
WITH_TOKENS = dataclasses.replace(FULL, visual_tokens=TOKENS)
WITHOUT_PIXELS = dataclasses.replace(
    WITH_TOKENS, image=dataclasses.replace(IMAGE, encoded=b"")
)
TEXT = records.Record(text="Das Bild zeigt einen roten Stern.")
PAIR = records.Record(
    text_pair=records.TextPair(
        inputs="premise: it rains",
        targets="entailment",
        references=("entailment", "yes"),
        language="sw",
        id="3",
    )
)
SHORT_PAIR = records.Record(text_pair=records.TextPair(inputs="a", targets="b"))


@pytest.mark.parametrize(
    "record",
    [
        FULL,
        TEXT,
        PAIR,
        SHORT_PAIR,
        records.Record(image=IMAGE),
        WITH_TOKENS,
        WITHOUT_PIXELS,
    ],
)
def test_record_survives_the_round_trip(record):
    data = examples.record_to_example(record).SerializeToString()
    found = examples.example_to_record(tf.train.Example.FromString(data))
    assert found == record


def test_all_the_declared_features_are_written_and_no_others():
    record = dataclasses.replace(
        WITH_TOKENS, text="t", text_pair=PAIR.text_pair
    )
    example = examples.record_to_example(record)
    assert set(example.features.feature) == set(records.FEATURES)


def test_empty_fields_write_no_feature():
    assert set(examples.record_to_example(TEXT).features.feature) == {"text"}


def test_an_image_has_pixels_or_tokens():
    example = examples.record_to_example(WITHOUT_PIXELS)
    del example.features.feature["image/visual_tokens/width"]
    with pytest.raises(ValueError, match=r"tokens without .*'width'"):
        examples.example_to_record(example)
    del example.features.feature["image/visual_tokens/values"]
    with pytest.raises(ValueError, match="image without .*image/encoded"):
        examples.example_to_record(example)


def test_sha256_is_of_the_encoded_bytes():
    feature = examples.record_to_example(FULL).features.feature
    (digest,) = feature["image/key/sha256"].bytes_list.value
    assert digest.decode() == IMAGE.sha256
    feature["image/encoded"].bytes_list.value[0] = b"other"
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    with pytest.raises(ValueError, match="scene-train-7.*sha256"):
        examples.example_to_record(example)


def test_wrong_type_is_named():
    example = examples.record_to_example(TEXT)
    example.features.feature["text"].Clear()
    example.features.feature["text"].int64_list.value.append(3)
    with pytest.raises(ValueError, match="text is a int64_list.*bytes_list"):
        examples.example_to_record(example)


def test_parallel_lists_of_two_lengths_are_named():
    example = examples.record_to_example(FULL)
    example.features.feature["caption/language"].bytes_list.value.pop()
    with pytest.raises(ValueError, match=r"'caption/text': 2.*language': 1"):
        examples.example_to_record(example)


def test_references_that_do_not_add_up_are_named():
    example = examples.record_to_example(FULL)
    example.features.feature["vqa/reference"].bytes_list.value.pop()
    with pytest.raises(ValueError, match="2 values; .*num_references counts 3"):
        examples.example_to_record(example)


def test_half_a_text_pair_is_refused():
    example = examples.record_to_example(PAIR)
    del example.features.feature["text_pair/targets"]
    with pytest.raises(ValueError, match="needs .*text_pair/targets"):
        examples.example_to_record(example)


@pytest.mark.parametrize("name", ["My shop", "", "a/b"])
def test_sources_have_plain_names(name):
    with pytest.raises(ValueError, match="(my_shop|my_data|a_b)' would do"):
        records.check_source(name)


def test_image_without_its_id_is_refused():
    example = examples.record_to_example(FULL)
    del example.features.feature["image/source_id"]
    with pytest.raises(ValueError, match="image/source_id"):
        examples.example_to_record(example)


@pytest.mark.parametrize(
    "sides", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1)]
)
def test_boxes_that_are_none_are_refused(sides):
    with pytest.raises(ValueError, match="no box"):
        records.Box(*sides)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
