"""`pali inspect` from the command line to the page."""

import json
import re

import pytest
import seqio
import tensorflow as tf

from pali_tf import files
from pali_tf.cli import main as pali
from pali_tf.commands.inspect_data import main
from tests.support import stored_examples


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    return root


@pytest.fixture(scope="module")
def text_task():
    """Somebody's own task: bytes for pieces, no images, no PaLI feature."""
    name = "inspected_text_task"

    def examples(split, shuffle_files, seed=None):
        del split, shuffle_files, seed
        rows = {"inputs": ["ask me", "ask"], "targets": ["yes", ""]}
        return tf.data.Dataset.from_tensor_slices(rows)

    feature = seqio.Feature(vocabulary=seqio.ByteVocabulary())
    seqio.TaskRegistry.add(
        name,
        source=seqio.FunctionDataSource(examples, splits=["train"]),
        preprocessors=[
            seqio.preprocessors.tokenize,
            seqio.preprocessors.append_eos,
        ],
        output_features={"inputs": feature, "targets": feature},
    )
    yield name
    seqio.TaskRegistry.remove(name)


def examples_of(page):
    found = re.search(
        r'<script id="data"[^>]*>(.*?)</script>', page.read_text()
    )
    return json.loads(found[1])["examples"]


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["gs"], indirect=True)
def test_a_mixture_is_counted_and_shown(root, storage, capsys):
    data_dir = files.as_path(storage) / "data"
    for name in files.list_files(root):
        files.write_whole(data_dir / name, (root / name).read_bytes())
    output = files.as_path(storage) / "page.html"
    argv = [
        f"--data_dir={data_dir}",
        "--mixture=pali_highres",
        "--num_examples=30",
        "--image_size=16",
        "--lengths=inputs=24,targets=10",
        f"--output={output}",
    ]
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "webli_ocr" in said and "33.3%" in said
    # The captions of stored_examples are longer than ten tokens.
    assert re.search(r"target-cut +cc3m35l_captioning", said)
    assert "page.html: 0.0 MB, 30 examples" in said
    shown = examples_of(output)
    assert len(shown) == 30
    asked = [e for e in shown if e["task"] == "vq2a_cc3m35l_vqa"]
    assert asked[0]["prompt"].startswith("Answer in EN: ")
    assert asked[0]["image"] is not None and asked[0]["language"]


def test_any_seqio_task_will_do(text_task, storage, capsys):
    output = files.as_path(storage) / "page.html"
    argv = [f"--task={text_task}", "--num_examples=8", f"--output={output}"]
    assert main(argv) == 0
    assert f"empty-target  {text_task}: 4 of 8" in capsys.readouterr().out
    first = examples_of(output)[0]
    assert first["prompt"] == "ask me" and first["image"] is None


def test_an_unknown_name_gets_the_nearest(root, capsys):
    argv = ["inspect", f"--data_dir={root}", "--mixture=pali_pretain"]
    assert pali(argv) == 2
    assert "pali_pretrain" in capsys.readouterr().err


def test_a_task_without_an_example_is_named(root, tmp_path, capsys):
    argv = [
        "inspect",
        f"--data_dir={root}",
        "--mixture={'webli_ocr': 1, 'captioning:openimages:sw': 1}",
        "--image_size=16",
        f"--output={tmp_path / 'page.html'}",
    ]
    assert pali(argv) == 2
    said = capsys.readouterr().err
    assert "openimages, split train, has no example" in said
    assert "caption/text in the language 'sw'" in said
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--lengths=inputs=8", "lacks targets"),
        ("--lengths=inputs,targets=4", "'inputs' is not NAME=TOKENS"),
        ("--num_examples=0", "0 is not above 0"),
    ],
)
def test_bad_flags_are_refused(flag, message, capsys):
    with pytest.raises(SystemExit):
        main(["--mixture=pali_tiny", flag])
    assert message in capsys.readouterr().err


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
