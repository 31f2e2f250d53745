import numpy as np
import pytest
import tensorflow as tf

from pali_tf.data import token_storage, visual_tokens
from pali_tf.data.record_query import RecordQuery
from pali_tf.errors import UserError
from pali_tf.webli import examples, records
from pali_tf.webli.split_index import COUNTED, Holders, SplitIndex
from tests.support import stored_examples

RECORD = stored_examples.make_record("train", 0)


def parse(query, record=RECORD, number=0, lengths=None):
    serialized = examples.record_to_example(record).SerializeToString()
    found = query.parser(lengths)(tf.constant(serialized), tf.constant(number))
    return {name: value.numpy() for name, value in found.items()}


def test_lists_are_vectors_and_the_image_is_beside_them():
    found = parse(RecordQuery(["caption/text", "image/object/bbox/ymin"]))
    texts = [text.decode() for text in found["caption/text"]]
    assert texts == list(stored_examples.CAPTIONS.values())
    np.testing.assert_allclose(found["image/object/bbox/ymin"], [0.5, 0.0])
    assert found["image/source_id"] == b"scene-train-0"
    assert found["image/encoded"] == RECORD.image.encoded


def test_text_alone_has_no_image():
    query = RecordQuery(["text"], has_images=False)
    assert parse(query, records.Record(text="a b")) == {"text": b"a b"}


@pytest.mark.parametrize("number", range(3))
def test_an_entry_is_taken_by_its_number(number):
    query = RecordQuery(["vqa/question", "vqa/answer"], each="vqa")
    found = parse(query, number=number)
    question, answer, language = stored_examples.QUESTIONS[number]
    assert found["vqa/question"].decode() == question
    assert found["vqa/answer"].decode() == answer
    assert found["vqa/language"].decode() == language


def test_entries_need_no_languages():
    example = examples.record_to_example(RECORD)
    del example.features.feature["vqa/language"]
    query = RecordQuery(["vqa/question"], each="vqa")
    parsed = query.parser(None)(
        tf.constant(example.SerializeToString()), tf.constant(1)
    )
    question, _, _ = stored_examples.QUESTIONS[1]
    assert parsed["vqa/question"].numpy().decode() == question
    assert parsed["vqa/language"].numpy() == b""


def test_of_a_language_entries_are_counted_alone():
    query = RecordQuery(["vqa/question"], each="vqa", language="en")
    found = [parse(query, number=n)["vqa/question"].decode() for n in (0, 1)]
    assert found == [
        q for q, _, code in stored_examples.QUESTIONS if code != "fr"
    ]


def test_stored_tokens_are_parsed_where_they_are_asked_for():
    tokens = token_storage.pack(np.ones((2, 8)), "bfloat16")
    record = records.Record(image=RECORD.image, visual_tokens=tokens)
    query = RecordQuery(["caption/text"])
    with_tokens = parse(query, record, lengths={"visual_tokens": 2})
    assert with_tokens["image/visual_tokens/length"] == 2
    without = parse(query, record, lengths={"images": 16})
    assert not without.keys() & set(visual_tokens.STORED_FEATURES)
    assert parse(query, record).keys() == with_tokens.keys()


def index_of(**holders):
    return SplitIndex(
        digest="",
        shards=(),
        num_records=np.array([3]),
        step=1,
        offsets=(),
        holders=holders,
    )


def test_holders_are_those_of_what_is_required():
    some = Holders(np.array([0, 2]), None)
    french = Holders(np.array([2]), None)
    index = index_of(**{"ocr/text": some, "ocr/text:fr": french})

    def holders(**options):
        return RecordQuery(["ocr/text"], **options).holders(index)

    assert holders() == Holders(None, None)
    assert holders(language="fr") == Holders(None, None)
    assert holders(requires="ocr/text") is some
    assert holders(each="ocr") is some
    assert holders(requires="ocr/text", language="fr") is french
    assert holders(each="ocr", language="de").records.size == 0


def test_what_has_no_languages_is_found_whatever_the_language():
    some = Holders(np.array([1]), None)
    query = RecordQuery(
        ["label/text", "caption/text"], requires="label/text", language="fr"
    )
    assert query.holders(index_of(**{"label/text": some})) is some


@pytest.mark.parametrize(
    ("features", "options", "message"),
    [
        (["caption/text"], {"each": "captions"}, "did you mean 'caption'"),
        (["caption/text"], {"each": "vqa"}, "needs features of vqa"),
        (["caption/texts"], {}, "'caption/texts' is no feature"),
        (
            ["image/group"],
            {"requires": "image/group"},
            f"does not count. It counts: {', '.join(COUNTED)}",
        ),
    ],
)
def test_a_key_that_there_is_not_is_told(features, options, message):
    with pytest.raises(UserError, match=message):
        RecordQuery(features, **options)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
