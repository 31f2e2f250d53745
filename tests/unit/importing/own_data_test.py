"""docs/OWN_DATA.md: its commands are understood, what they name is there."""

import re
import shlex

import pytest

from pali_tf import cli
from pali_tf.commands import gin_flags
from pali_tf.data import vocabulary
from pali_tf.data.data_root import DataRoot
from pali_tf.importing.formats import FORMATS
from pali_tf.importing.rows import FIELDS
from seqio_tasks import named
from seqio_tasks.objectives import OBJECTIVES
from tests.support import import_files as files
from tests.support.repository import ROOT
from tests.support.stored_examples import LENGTHS

TEXT = (ROOT / "docs/OWN_DATA.md").read_text()
COMMANDS = [
    shlex.split(line)[1:]
    for line in TEXT.split("```")[1].replace("\\\n", " ").splitlines()
    if line.startswith("pali ")
]


def first_column(header):
    """The names in the first column of the table with this header."""
    table = TEXT.split(header)[1].split("\n\n")[0]
    return set(
        name
        for row in table.splitlines()[2:]
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    )


def test_five_commands_suffice():
    assert [command[0] for command in COMMANDS] == [
        *("import", "import", "inspect", "train", "eval")
    ]


def test_tables_list_all_there_is():
    assert first_column("| objective |") == set(OBJECTIVES)
    assert first_column("| field |") == set(FIELDS)
    own = {n for n, entry in FORMATS.items() if not entry.is_benchmark}
    assert first_column("| `--from` |") == own


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """Runs the import commands on a folder of three pictures a split."""
    for split in ("train", "validation"):
        folder = tmp_path / "PICTURES" / split
        names = [f"{i}.jpg" for i in range(3)]
        files.write_images(folder, *names)
        for name in names:
            text = f"a blue card {name[0]}"
            (folder / name).with_suffix(".txt").write_text(text)
    texts = ["Generate the alt_text in EN at 0: a blue card 0 1 2"] * 20
    vocabulary.train(texts, tmp_path / "MT5/sentencepiece.model", size=400)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    for command in COMMANDS[:2]:
        assert cli.main(command) == 0
    return DataRoot(str(tmp_path / "DATA"))


def test_the_task_gives_what_was_imported(data_dir):
    flags = gin_flags.parse_flags("pali train", "", COMMANDS[3][1:])
    (name,) = (
        binding.split(" = ")[1].strip("'")
        for binding in flags.bindings
        if binding.startswith("MIXTURE_OR_TASK_NAME")
    )
    assert f"--mixture={name}" in COMMANDS[2]
    (task,) = named.find(name, data_dir).tasks
    assert task.name == name == "captioning:my_shop"
    words = task.output_features["inputs"].vocabulary
    for split in ("train", "validation"):
        dataset = task.get_dataset(
            LENGTHS, split=split, shuffle=False, num_epochs=1, seed=0
        )
        examples = list(dataset.as_numpy_iterator())
        assert [words.decode(e["targets"].tolist()) for e in examples] == [
            f"a blue card {number}" for number in range(3)
        ]
        assert examples[0]["images"].shape == (16, 16, 3)
        assert all(example["image_mask"] for example in examples)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
