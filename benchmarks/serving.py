"""Requests a second for a feed of about 100 KB, beside an empty Flask and beside nginx with the same bytes in a file.

    python -m benchmarks.serving [--seconds N]

Needs wrk and nginx. Everything has one worker, is asked by wrk over 16 connections on 127.0.0.1, and ends within about
a minute. Ours is asked while nothing else happens, and while an ingest of 200 changing sources runs, which changes the
feed all the time. Prints requests a second, milliseconds at 99 %, and CPU milliseconds a request of the server: on a
busy machine compare that, and the ratios.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import command
from benchmarks.documents import document
from tests.origin import Origin

SOURCES = 200
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000; etag on; default_type application/atom+xml;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}/files; add_header Cache-Control "public, max-age=300"; }}
}}
"""
EMPTY_FLASK = """
import sys
from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
def load(file):
    body, app = open(file, "rb").read(), Flask("empty")
    @app.get("/all.atom")
    def feed():
        if request.headers.get("If-None-Match") == '"1"':
            return Response(status=304, headers={"ETag": '"1"'})
        return Response(body, headers={"ETag": '"1"'}, content_type="application/atom+xml; charset=utf-8")
    return app
Granian(sys.argv[2], port=int(sys.argv[1]), interface=Interfaces.WSGI, blocking_threads=1, log_level=LogLevels.error,
        websockets=False).serve(target_loader=load)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Requests a second, milliseconds at 99 %, CPU milliseconds of the server a request."""

    rate: float
    p99: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.rate:8.0f}/s   p99 {self.p99:6.2f} ms   CPU {self.cpu:.4f} ms"


def main() -> None:
    """Run it all and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=4)
    options = arguments.parse_args()
    missing = [program for program in ("wrk", "nginx") if not found(program)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    with Origin() as origin, tempfile.TemporaryDirectory() as name:
        measure(Path(name), origin, options.seconds)


def found(program: str) -> str | None:
    """Where a program is."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")


def measure(folder: Path, origin: Origin, seconds: int) -> None:
    """Fill a site, then ask everybody in turn."""
    port = free_port()
    config = configure(folder, origin, port)
    offer(origin, 30)
    subprocess.run(command(config, "ingest", "--once"), check=True, capture_output=True, timeout=120)
    address = f"http://127.0.0.1:{port}/feeds/all.atom"
    with running(command(config, "serve"), address) as ours:
        body, tag = get(address)
        files = folder / "files"
        files.mkdir()
        (files / "all.atom").write_bytes(body)
        print(f"{len(body) / 1000:.0f} KB, {CONNECTIONS} connections, {seconds} s each\n")
        with_nginx(folder, seconds)
        with_empty_flask(files / "all.atom", seconds)
        show("ours, 200", ask(address, ours, seconds))
        show("ours, 200 gzip", ask(address, ours, seconds, "Accept-Encoding: gzip"))
        show("ours, 200 br", ask(address, ours, seconds, "Accept-Encoding: br"))
        show("ours, 304", ask(address, ours, seconds, f"If-None-Match: {tag}"))
        show("ours, through Flask (?limit=36)", ask(f"{address}?limit=36", ours, seconds))
        with ingesting(config, origin) as rounds:
            show("ours, 200, beside an ingest", ask(address, ours, 2 * seconds))
            # 304 until the feed changes, then 200: as readers ask
            show("ours, 304, beside an ingest", ask(address, ours, 2 * seconds, f"If-None-Match: {get(address)[1]}"))
        print(f"\n{len(rounds)} rounds of ingest beside, the feed changed: {get(address)[0] != body}")


def with_nginx(folder: Path, seconds: int) -> None:
    """A static file of the same bytes."""
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(folder=folder, port=port))
    folder.chmod(0o755)  # its worker is somebody else where we are root
    address = f"http://127.0.0.1:{port}/all.atom"
    with running([found("nginx") or "nginx", "-c", str(conf), "-p", str(folder)], address) as nginx:
        show("nginx, 200", ask(address, nginx, seconds))
        show("nginx, 304", ask(address, nginx, seconds, f"If-None-Match: {get(address)[1]}"))


def with_empty_flask(file: Path, seconds: int) -> None:
    """The least that Flask can do under the same server."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/all.atom"
    with running([sys.executable, "-c", EMPTY_FLASK, str(port), str(file)], address) as flask:
        show("empty Flask, 200", ask(address, flask, seconds))
        show("empty Flask, 304", ask(address, flask, seconds, 'If-None-Match: "1"'))


def configure(folder: Path, origin: Origin, port: int) -> Path:
    """config.yaml with every made feed as a source of one category."""
    lines = [f"listen: 127.0.0.1:{port}", "fetch: {per_host: 16}", "defaults: {allow_private: true}"]
    lines += ["retention: {stories: 3650d}", "publish: {limit: 35}", "categories:", "  Made:"]  # about 100 KB
    lines += [f"    - {origin.url(f'/{number}.xml')}" for number in range(SOURCES)]
    file = folder / "config.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def offer(origin: Origin, newest: int) -> None:
    """Every source has its items up to this one."""
    for number in range(SOURCES):
        origin.feed(f"/{number}.xml", document(number, newest), etag=f'"{newest}"')


@contextmanager
def ingesting(config: Path, origin: Origin) -> Iterator[list[int]]:
    """One ingest after the other, each with something new in every source, until the end of the block."""
    rounds: list[int] = []
    ended = threading.Event()

    def again() -> None:
        while not ended.is_set():
            offer(origin, 31 + len(rounds))
            subprocess.run(command(config, "ingest", "--once", "--force"), capture_output=True, timeout=120)
            rounds.append(1)

    thread = threading.Thread(target=again)
    thread.start()
    time.sleep(2)
    try:
        yield rounds
    finally:
        ended.set()
        thread.join()


@contextmanager
def running(arguments: list[str], address: str) -> Iterator[int]:
    """A server, until the end of the block; gives its process id."""
    process = subprocess.Popen(arguments)
    try:
        for _ in range(100):
            try:
                get(address)
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(15)


def ask(address: str, server: int, seconds: int, *headers: str) -> Figures:
    """What wrk measures, and what the server and its children took meanwhile."""
    get(address)
    before = cpu_seconds(server)
    asked = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    asked += [part for header in headers for part in ("-H", header)]
    said = subprocess.run([*asked, address], capture_output=True, text=True, check=True, timeout=60).stdout
    taken = cpu_seconds(server) - before
    requests = int(re.findall(r"(\d+) requests in", said)[0])
    number, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", said)[0]
    failed = re.findall(r"Socket errors: .*|Non-2xx or 3xx responses: .*", said)
    if failed:
        print("   ", *failed)
    return Figures(
        rate=float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        p99=float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
        cpu=taken * 1000 / max(1, requests),
    )


def cpu_seconds(pid: int) -> float:
    """What a process and its descendants have taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


def get(address: str) -> tuple[bytes, str]:
    """The body and the ETag."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read(), answer.headers["ETag"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def show(what: str, figures: Figures) -> None:
    print(f"{what:34}{figures}", flush=True)


if __name__ == "__main__":
    main()
