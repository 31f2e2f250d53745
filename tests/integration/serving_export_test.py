"""From a checkpoint of random weights to answers, against the JAX path."""

import json
import os
import pathlib
import subprocess
import sys

import grpc
import jax
import numpy as np
import pytest
import seqio
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from pali_tf.checkpoints import checkpoint
from pali_tf.data import vocabulary as vocabulary_lib
from pali_tf.data.images import decode_image
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.score import score_targets
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.pali.config import get_config
from pali_tf.models.pali.model import Pali
from serving.client.client import PaliClient, ServerError
from serving.server.server import PredictServer, ServerConfig
from serving.server.versions import ModelVersions

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
PROMPT_LENGTH, TEXT_LENGTH, SIDE = 48, 16, 64
PROMPTS = [
    "Generate the alt_text in EN at 0: <extra_id_0>",
    "Answer in EN: what is red? <extra_id_0>",
    "two blue circles",
]
TARGETS = ["a red square", "blue", "two circles"]
TEXT_OPS = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceDetokenizeOp",
}

_FRESH_PROCESS = """
import json, sys
for name in ("jax", "pali_tf", "serving", "seqio"):
    sys.modules[name] = None  # Importing one of them fails.
import tensorflow as tf
import tensorflow_text
path, asked = sys.argv[1:]
asked = json.load(open(asked))
images = tf.constant([open(file, "rb").read() for file in asked["images"]])
prompts = tf.constant(asked["prompts"])
signatures = tf.saved_model.load(path).signatures
answer = signatures["serving_default"](image_bytes=images, prompt=prompts)
scored = signatures["score"](
    image_bytes=images, prompt=prompts, target=tf.constant(asked["targets"])
)
embedded = signatures["embed"](image_bytes=images)
print(json.dumps({
    "text": [text.decode() for text in answer["text"].numpy()],
    "score": answer["score"].numpy().tolist(),
    "target_score": scored["score"].numpy().tolist(),
    "num_tokens": scored["num_tokens"].numpy().tolist(),
    "visual_tokens": embedded["visual_tokens"].numpy().tolist(),
}))
"""
_UNKNOWN_OPS = """
import json, sys
import tensorflow as tf
from tensorflow.python.framework import op_def_registry
print(json.dumps([n for n in sys.argv[1:] if op_def_registry.get(n) is None]))
"""


def _build():
    model = Pali(get_config("tiny"), name="pali")
    model.build()
    return model


def _run(*command):
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "vocabulary/sentencepiece.model"
    texts = [*PROMPTS, *TARGETS, "what is in the image", "один красный круг"]
    vocabulary_lib.train(texts * 4, path, size=800)
    return path


@pytest.fixture(scope="module")
def params():
    return FunctionalModel(_build).init(jax.random.key(11))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (3, 80, 100, 3), dtype=np.uint8)
    encoded = [
        tf.io.encode_jpeg(pixels[0]),
        tf.io.encode_png(pixels[1]),
        tf.io.encode_jpeg(pixels[2, :SIDE, :SIDE]),
    ]
    paths = [folder / f"{i}.image" for i in range(3)]
    for path, content in zip(paths, encoded, strict=True):
        path.write_bytes(content.numpy())
    return paths


def _export_command(model_dir, export_dir, vocabulary, *flags):
    lengths = {"inputs": PROMPT_LENGTH, "targets": TEXT_LENGTH, "images": SIDE}
    return [
        sys.executable,
        "-m",
        "pali_tf.cli",
        "export",
        "--gin_file=gin/pali_tiny.gin",
        "--gin_file=gin/runs/export.gin",
        f"--gin.CHECKPOINT_PATH={str(model_dir)!r}",
        f"--gin.EXPORT_DIR={str(export_dir)!r}",
        f"--gin.DATA_DIR={str(vocabulary.parents[1])!r}",
        f"--gin.TASK_FEATURE_LENGTHS={lengths}",
        *flags,
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory, params, vocabulary):
    """`<base>/pali`, written by the program from a checkpoint."""
    root = tmp_path_factory.mktemp("export")
    checkpoint.save_parameters(root / "model", 7, params)
    shown = _run(*_export_command(root / "model", root / "export", vocabulary))
    base_path = root / "export" / "pali"
    assert shown.strip() == str(base_path / "1")
    assert [p.name for p in base_path.iterdir()] == ["1"]
    return base_path


@pytest.fixture(scope="module")
def exported_with_beams(tmp_path_factory, params, vocabulary):
    """The same model, made to answer by beam search."""
    root = tmp_path_factory.mktemp("beams")
    checkpoint.save_parameters(root / "model", 7, params)
    _run(
        *_export_command(
            root / "model",
            root / "export",
            vocabulary,
            "--gin.NUM_BEAMS=4",
            "--gin.BREVITY_ALPHA=1.0",
        )
    )
    return root / "export" / "pali" / "1"


@pytest.fixture(scope="module")
def on_jax(params, vocabulary, files):
    """What evaluation computes for the same files, prompts and targets."""
    words = seqio.SentencePieceVocabulary(str(vocabulary))
    images = np.stack(
        [decode_image(file.read_bytes(), SIDE).numpy() for file in files]
    )
    model = FunctionalModel(_build)
    mask = np.ones(len(files), bool)
    prompts = _tokens(words, PROMPTS, PROMPT_LENGTH)
    targets = _tokens(words, TARGETS, TEXT_LENGTH)

    def decoded(config):
        output = jax.jit(
            lambda *features: model.call(
                decode,
                params,
                *features,
                config=config,
                max_decode_len=TEXT_LENGTH,
                num_pieces=words.vocab_size,
            )
        )(images, mask, prompts)
        rows = np.array(output.tokens[:, 0])
        texts = [words.decode(row.tolist()) for row in rows]
        return texts, output.scores[:, 0]

    text, score = decoded(DecodingConfig())
    beam_text, beam_score = decoded(DecodingConfig(num_beams=4, alpha=1.0))
    scored = model.call(
        score_targets,
        params,
        {
            "images": images,
            "image_mask": mask,
            "encoder_input_tokens": prompts,
            "decoder_input_tokens": np.pad(targets, ((0, 0), (1, 0)))[:, :-1],
            "decoder_target_tokens": targets,
            "decoder_loss_weights": (targets > 0).astype(np.float32),
        },
    )
    embedded = model.call(lambda pali: pali.encode_image(images), params)
    return {
        "text": text,
        "score": score,
        "beam_text": beam_text,
        "beam_score": beam_score,
        "target_score": scored.scores,
        "num_tokens": scored.num_tokens,
        "visual_tokens": embedded,
    }


def _tokens(words, texts, length):
    rows = [[*words.encode(text), 1] for text in texts]
    return np.array([row + [0] * (length - len(row)) for row in rows], np.int32)


def _ask(version, files, tmp_path):
    """Answers of a SavedModel in a process that holds none of us."""
    asked = tmp_path / "asked.json"
    asked.write_text(
        json.dumps(
            {
                "images": [str(file) for file in files],
                "prompts": PROMPTS,
                "targets": TARGETS,
            }
        )
    )
    return json.loads(
        _run(sys.executable, "-c", _FRESH_PROCESS, str(version), str(asked))
    )


def test_a_process_without_us_gives_what_jax_gives(
    exported, files, on_jax, tmp_path
):
    shown = _ask(exported / "1", files, tmp_path)
    assert shown["text"] == on_jax["text"]
    assert len(set(shown["text"])) == len(PROMPTS)
    assert shown["num_tokens"] == np.array(on_jax["num_tokens"]).tolist()
    for name in ("score", "target_score", "visual_tokens"):
        np.testing.assert_allclose(shown[name], on_jax[name], atol=1e-3)


def test_beams_give_what_they_give_on_jax(
    exported_with_beams, files, on_jax, tmp_path
):
    shown = _ask(exported_with_beams, files, tmp_path)
    assert shown["text"] == on_jax["beam_text"] != on_jax["text"]
    np.testing.assert_allclose(shown["score"], on_jax["beam_score"], atol=1e-3)


@pytest.mark.parametrize("search", ["greedy", "beams"])
def test_only_plain_ops(exported, exported_with_beams, search):
    version = exported / "1" if search == "greedy" else exported_with_beams
    model = saved_model_pb2.SavedModel.FromString(
        (version / "saved_model.pb").read_bytes()
    )
    graph = model.meta_graphs[0].graph_def
    functions = graph.library.function
    ops = {node.op for node in graph.node}
    ops |= {node.op for function in functions for node in function.node_def}
    ops -= {function.signature.name for function in functions}
    forbidden = {op for op in ops if "Xla" in op or "PyFunc" in op}
    assert not forbidden
    unknown = json.loads(_run(sys.executable, "-c", _UNKNOWN_OPS, *sorted(ops)))
    assert set(unknown) == TEXT_OPS


def test_the_server_refuses_what_is_wrong_and_keeps_serving(
    exported, files, on_jax
):
    server = PredictServer(
        ModelVersions("pali", exported), ServerConfig(port=0)
    )
    server.start()
    good = [file.read_bytes() for file in files]
    try:
        with PaliClient(f"localhost:{server.port}") as client:

            def refusal(images, prompts):
                with pytest.raises(ServerError) as caught:
                    client.predict(images, prompts)
                assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
                return caught.value.message

            assert refusal([*good, b"text"], [*PROMPTS, "x"]) == (
                "image_bytes[3] is not a JPEG or PNG file: its 4 bytes begin "
                "with neither signature."
            )
            long = refusal(good[:1], ["red " * 200])
            assert long.startswith("prompt[0] has ")
            assert f"tokens, the model takes {PROMPT_LENGTH}" in long
            assert "damaged" in refusal([good[0][:2000]], ["x"])
            answers = client.predict(good, PROMPTS)
            assert [answer.text for answer in answers] == on_jax["text"]
    finally:
        server.stop(grace_seconds=1)


def test_a_checkpoint_of_a_part_is_refused(tmp_path, params, vocabulary):
    checkpoint.save_parameters(tmp_path, 1, {"vision": params["vision"]})
    ended = subprocess.run(
        _export_command(tmp_path, tmp_path / "export", vocabulary),
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "is it a checkpoint of the whole model" in ended.stderr
    assert not (tmp_path / "export").exists()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
