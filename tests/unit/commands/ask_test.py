import pytest

from pali_tf.commands.ask import main
from serving.client.client import PaliClient


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--signature=serving_default needs --prompt"),
        (["--prompt=p", "--signature=score"], "score needs --target"),
        (["--prompt=p", "--signature=embed"], "embed takes no --prompt"),
        (["--prompt=p", "--signature=other"], "invalid choice: 'other'"),
    ],
)
def test_arguments_that_do_not_fit(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--image=a.jpg", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_no_server_is_one_line(tmp_path, capsys):
    image = tmp_path / "a.jpg"
    image.write_bytes(b"x")
    status = main(
        [
            f"--image={image}",
            "--prompt=p",
            "--server=localhost:1",
            "--timeout_seconds=5",
        ]
    )
    assert status == 2
    error = capsys.readouterr().err
    assert error.startswith("pali: UNAVAILABLE: no answer from localhost:1")
    assert error.count("\n") == 1


@pytest.mark.parametrize("storage", ["disk", "gs"], indirect=True)
def test_a_missing_image_is_named(storage):
    image = f"{storage}/nothing.jpg"
    with pytest.raises(FileNotFoundError, match=f"no image {image}"):
        main([f"--image={image}", "--prompt=p"])


def test_the_client_checks_what_it_can():
    with pytest.raises(ValueError, match="timeout_seconds"):
        PaliClient(timeout_seconds=0)
    with PaliClient() as client, pytest.raises(ValueError, match="differ"):
        client.predict([b"x"], ["a", "b"])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
