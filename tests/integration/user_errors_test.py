"""What the system refuses of a user's paths is one line that helps."""

import json
import socket

import pytest

from pali_tf import cli


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["ask", "--image=file/x.jpg", "--prompt=p"], "no image file/x.jpg"),
        (["report", "run", "--output=file/x.html"], "File exists; name anoth"),
        (["report", "run", "--output=run"], "run: Is a directory; name a file"),
        (["report", "rum"], "There is no folder rum; did you mean 'run'?"),
        (["convert", "npz", "x", "--source_format=np"], "not one of the form"),
        (
            [
                "import",
                "--from=coco",
                "--input=coco.json",
                "--data_dir=file",
                "--source=a",
            ],
            "a folder on the way to it is a file",
        ),
        (
            [
                "import",
                "--from=coco",
                "--input=cocoo.json",
                "--data_dir=data",
                "--source=a",
            ],
            "There is no cocoo.json in .; did you mean 'coco.json'?",
        ),
        (["train", "--gin_file=run"], "No gin file run"),
        (["sample-data", "--output_dir=file/x"], "on the way to it is a file"),
        (["serve", "--model_base_path=file"], "No model at file"),
    ],
)
def test_one_line_tells_the_path_and_the_remedy(
    tmp_path, monkeypatch, capsys, argv, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "run" / "train").mkdir(parents=True)
    content = {"images": [], "annotations": []}
    (tmp_path / "coco.json").write_text(json.dumps(content))
    assert cli.main(argv) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("pali: ") and told in error


def test_a_port_in_use_is_told():
    from serving.server.server import PredictServer, ServerConfig

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = ServerConfig(port=taken.getsockname()[1])
        with pytest.raises(ValueError, match="--port=0 takes a free port"):
            PredictServer(None, config)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
