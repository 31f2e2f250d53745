"""A MODEL_DIR is one run's at a time, wherever the other one is."""

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time

import pytest

from pali_tf import files
from pali_tf.checkpoints import checkpoint
from pali_tf.errors import UserError
from pali_tf.run import loop, ownership
from tests.support import mounts, toy_model
from tests.support.compile_cache import compile_cache
from tests.support.toy_run import HOOKS, make_config


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


@pytest.mark.slow
def test_a_folder_is_one_runs_at_a_time(tmp_path):
    config = make_config(tmp_path, 3)
    trainer = toy_model.make_trainer()

    def batches_from(start):
        with pytest.raises(UserError, match="is another run's: process"):
            loop.run(trainer, config, HOOKS)
        return toy_model.batches_from(start)

    loop.run(trainer, config, loop.Hooks(batches_from=batches_from))
    assert not list(tmp_path.glob("running-*"))
    assert loop.run(trainer, config, HOOKS)[0] == 3


@pytest.mark.slow
def test_a_run_that_was_taken_over_saves_no_more(tmp_path):
    def batches_from(start):
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == 9:
                for path in tmp_path.glob("running-*"):
                    path.unlink()
            yield batch

    with pytest.raises(UserError, match="another run took"):
        loop.run(
            toy_model.make_trainer(),
            make_config(tmp_path),
            loop.Hooks(batches_from=batches_from),
        )
    assert checkpoint.complete_steps(tmp_path) == [5]


def test_a_file_in_its_place_is_told_before_the_model_is_built(tmp_path):
    (tmp_path / "file").write_text("")
    for path in ("file", "file/below"):
        config = make_config(tmp_path / path)
        with pytest.raises(UserError, match=f"MODEL_DIR .*{path} cannot be"):
            # A trainer that cannot even make a state.
            loop.run(toy_model.make_trainer(trainable="x"), config, HOOKS)


@pytest.fixture
def other_process(tmp_path):
    """A process that holds the folder, until it is killed."""
    code = (
        "import sys, time; from pali_tf.run import ownership\n"
        f"with ownership.held({str(tmp_path)!r}):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def take(folder):
    with ownership.held(folder) as check:
        check()
        return sorted(path.name for path in folder.glob("running-*"))


@pytest.mark.slow
def test_a_living_process_is_named_and_a_killed_one_is_nobody(
    tmp_path, other_process
):
    with pytest.raises(UserError) as caught:
        take(tmp_path)
    name = f"process {other_process.pid} on {platform.node()}, since 20"
    assert name in str(caught.value)
    [claim] = tmp_path.glob("running-*")
    # Not even waited for: it is a zombie still.
    other_process.send_signal(signal.SIGKILL)
    while ownership._start_of(other_process.pid):
        time.sleep(0.01)
    assert claim.exists()
    start = time.monotonic()
    [own] = take(tmp_path)
    assert time.monotonic() - start < 2
    assert own != claim.name


@pytest.mark.slow
def test_sigterm_gives_the_folder_back(tmp_path, other_process):
    other_process.send_signal(signal.SIGTERM)
    assert other_process.wait(60) == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("running-*"))


def claim_of_another_host(folder, beat):
    content = {
        "host": "far",
        "process": 1,
        "place": "far away",
        "start": "1",
        "since": "2026-01-01 00:00:00",
        "beat": beat,
    }
    path = folder / "running-far.json"
    path.write_text(json.dumps(content))
    return path, content


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(ownership, "_BEAT_SECONDS", 0.2)
    monkeypatch.setattr(ownership, "_PATIENCE_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
def test_another_host_that_renews_its_file_is_there(tmp_path):
    """Although its clock is minutes behind."""
    path, content = claim_of_another_host(tmp_path, time.time() - 300)
    stop = threading.Event()

    def renew():
        while not stop.wait(0.2):
            content["beat"] += 0.2
            temporary = tmp_path / "new"
            temporary.write_text(json.dumps(content))
            temporary.replace(path)

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        with pytest.raises(UserError, match="process 1 on far, since 2026"):
            take(tmp_path)
    finally:
        stop.set()
        thread.join()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seconds_ago", [0, 3600])
def test_another_host_that_does_not_is_gone(tmp_path, seconds_ago):
    path, _ = claim_of_another_host(tmp_path, time.time() - seconds_ago)
    start = time.monotonic()
    assert path.name not in take(tmp_path)
    assert (time.monotonic() - start < 0.5) == bool(seconds_ago)


@pytest.mark.usefixtures("impatient")
def test_an_owner_renews_its_file_and_sees_that_it_is_gone(tmp_path):
    with ownership.held(tmp_path) as check:
        [path] = tmp_path.glob("running-*")
        before = path.read_text()
        deadline = time.monotonic() + 10
        while path.read_text() == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        check()
        path.unlink()
        with pytest.raises(UserError, match="was removed: another run took"):
            check()


def test_a_folder_has_one_owner_on_any_storage(storage):
    folder = files.as_path(storage) / "owned"
    with ownership.held(folder) as check:
        check()
        with pytest.raises(UserError, match=f"{folder} is another run's"):
            take(folder)
        [path] = folder.glob("running-*")
        check()
        path.unlink()
        with pytest.raises(UserError, match="was removed"):
            check()
    assert len(take(folder)) == 1
    assert not list(folder.glob("running-*"))


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_bucket_that_is_not_there_is_told(storage):
    folder = f"{storage.partition('://')[0]}://no-such-bucket/run"
    with pytest.raises(UserError, match="written to: there is no such bucket"):
        take(folder)


def test_an_owner_outlives_a_bucket_that_does_not_answer(
    tmp_path, monkeypatch, caplog
):
    with caplog.at_level("WARNING"), ownership.held(tmp_path):

        def fail(*args, **kwargs):
            raise ConnectionError(111, "Connection refused")

        monkeypatch.setattr(type(files.as_path(tmp_path)), "unlink", fail)
    assert "Could not remove" in caplog.text
    assert "Connection refused" in caplog.text


def test_of_two_that_begin_at_once_not_both_have_it(tmp_path):
    owners, refused = [], []
    barrier = threading.Barrier(8)

    def begin():
        barrier.wait()
        try:
            owners.append(ownership._Owner(tmp_path))
        except UserError as error:
            refused.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(owners) <= 1
    assert len(owners) + len(refused) == 8
    for owner in owners:
        owner.close()


@pytest.fixture
def read_only(tmp_path):
    """A file system that cannot be written to."""
    with mounts.tmpfs(tmp_path, "ro") as path:
        yield path


@pytest.mark.parametrize("name", [".", "new/run"])
def test_a_read_only_system_is_told_at_once(read_only, name):
    with pytest.raises(UserError, match="Read-only file system. Name a folder"):
        take(read_only / name)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
