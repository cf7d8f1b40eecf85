"""Build base images from the machine's own package source, where no image registry can be reached. Standard library.

Usage: ``python3 -m dev.stack.offline_images [--again]``, as root, with debootstrap and a Docker engine. Prints the
settings to export; what it does goes to standard error. Images that are there and up to date are kept.

Nothing of the package source (its address, a proxy) stays in the images: it reaches the containers that are built in
over standard input and is removed before they become images. The machine's CA certificates do stay.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.stack import image_recipes
from dev.stack.docker_engine import DockerFailed, EngineMissing, docker, require_engine
from dev.stack.image_recipes import CERTIFICATES, ENTRYPOINT, RECIPES, Recipe

LABEL = "autopack.offline.recipe"
PREFIX = "autopack-offline"

# What makes packages larger and is of no use in a container.
_SLIM = """\
path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
"""
# Settings of apt without which the machine's own source may not be usable.
_APT_SETTINGS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy")


class CannotBuild(Exception):
    """An image cannot be built. The message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The machine's package source: the release, an address to bootstrap from, lines for sources.list, and settings for
    apt.conf.
    """

    release: str
    address: str
    lines: tuple[str, ...]
    settings: tuple[str, ...]


def machine_source() -> Source:
    """What apt is configured to use here. Raises CannotBuild."""
    release = next(
        (
            line.partition("=")[2].strip().strip('"')
            for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
            if line.startswith("VERSION_CODENAME=")
        ),
        "",
    )
    targets = _output(
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"
    )
    indexes = [line.split() for line in targets.splitlines()]
    wanted = [index for index in indexes if index[1] in (release, f"{release}-updates", f"{release}-security")]
    addresses = [address for address, suite, _ in wanted if suite == release]
    if not release or not addresses:
        raise CannotBuild(f"apt on this machine has no source for the release {release or 'that it runs'!r}")
    settings = []
    for name in _APT_SETTINGS:
        value = _output("apt-config", "shell", "VALUE", name).strip().removeprefix("VALUE=").strip("'")
        if value:
            settings.append(f'{name} "{value}";')
    return Source(
        release=release,
        address=addresses[0],
        lines=tuple(sorted({f"deb {address} {suite} {component}" for address, suite, component in wanted})),
        settings=tuple(settings),
    )


def certificates() -> bytes:
    """The CA certificates that the machine trusts. Raises CannotBuild."""
    path = Path(os.environ.get("SSL_CERT_FILE") or CERTIFICATES)
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotBuild(f"the machine's CA certificates cannot be read: {error}; set SSL_CERT_FILE") from error


def build_all(*, again: bool) -> dict[str, str]:
    """Build what is missing or out of date, everything with ``again``; returns the settings by name. Raises
    CannotBuild, DockerFailed, EngineMissing.
    """
    require_engine()
    source, trusted = machine_source(), certificates()
    made_by = (__file__, image_recipes.__file__)
    fingerprint = hashlib.sha256(
        b"\0".join([*(Path(code).read_bytes() for code in made_by), ENTRYPOINT.read_bytes(), trusted])
    ).hexdigest()
    settings: dict[str, str] = {}
    for recipe in RECIPES:
        image = f"{PREFIX}-{recipe.name}:{source.release}"
        if recipe.setting is not None:
            settings[recipe.setting] = image
        if not again and _label(image) == fingerprint:
            _say(f"{image} is up to date")
            continue
        started = time.monotonic()
        if recipe.base is None:
            _bootstrap(recipe, image, source, trusted, fingerprint)
        else:
            _install(recipe, image, f"{PREFIX}-{recipe.base}:{source.release}", source, fingerprint)
        size = int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6
        _say(f"built {image}: {size:.0f} MB in {time.monotonic() - started:.0f} s")
    return settings


def _bootstrap(recipe: Recipe, image: str, source: Source, trusted: bytes, fingerprint: str) -> None:
    program = shutil.which("debootstrap", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if program is None:
        raise CannotBuild("debootstrap is missing: apt-get install debootstrap")
    if os.geteuid() != 0:
        raise CannotBuild("debootstrap makes device files and changes owners, so this has to run as root")
    # Not below TMPDIR, which may be mounted without devices.
    with tempfile.TemporaryDirectory(prefix="autopack-offline-", dir="/var/tmp") as folder:
        tree = Path(folder, "root")
        _run(
            program,
            "--variant=minbase",
            f"--include={','.join(recipe.packages)}",
            source.release,
            str(tree),
            source.address,
        )
        for place in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(tree / place, ignore_errors=True)
        for place in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
            (tree / place).mkdir(parents=True)
        for log in ("var/log/bootstrap.log", "var/log/dpkg.log", "var/log/alternatives.log"):
            (tree / log).unlink(missing_ok=True)
        (tree / "etc/apt/sources.list").write_text("", encoding="utf-8")
        (tree / "etc/dpkg/dpkg.cfg.d/slim").write_text(_SLIM, encoding="utf-8")
        (tree / CERTIFICATES.lstrip("/")).write_bytes(trusted)
        with subprocess.Popen(["tar", "-C", str(tree), "-c", "."], stdout=subprocess.PIPE) as packed:
            subprocess.run(
                ["docker", "import", "--change", f"LABEL {LABEL}={fingerprint}", "-", image],
                stdin=packed.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        if packed.returncode != 0:
            raise CannotBuild(f"packing {image} failed: tar ended with {packed.returncode}")


def _install(recipe: Recipe, image: str, base: str, source: Source, fingerprint: str) -> None:
    script = "\n".join(
        [
            "set -e",
            "export DEBIAN_FRONTEND=noninteractive",
            f"cat >/etc/apt/sources.list <<'END'\n{chr(10).join(source.lines)}\nEND",
            f"cat >/etc/apt/apt.conf.d/00source <<'END'\n{chr(10).join(source.settings)}\nEND",
            recipe.before,
            "apt-get update -qq",
            "apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "
            + " ".join(recipe.packages),
            recipe.after,
            "apt-get clean",
            "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/*.log /etc/apt/apt.conf.d/00source",
            ": >/etc/apt/sources.list",
            "",
        ]
    )
    with _container(base, recipe.stop_signal) as container:
        for path, target in recipe.files.items():
            docker("cp", str(path), f"{container}:{target}")
        _run("docker", "start", "--attach", "--interactive", container, given=script)
        changes = [*recipe.changes, f"LABEL {LABEL}={fingerprint}"]
        docker("commit", *(word for change in changes for word in ("--change", change)), container, image)


@contextlib.contextmanager
def _container(base: str, stop_signal: str) -> Iterator[str]:
    container = docker("create", "--interactive", "--network=host", f"--stop-signal={stop_signal}", base, "sh", "-s")
    try:
        yield container
    finally:
        docker("rm", "--force", "--volumes", container)


def _label(image: str) -> str | None:
    """The recipe that an image was made by; None when it is not there."""
    listed = docker("image", "ls", "--quiet", image)
    return docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', image) if listed else None


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _run(*command: str, given: str = "") -> None:
    """Run a step; what it printed is shown when it fails. Raises CannotBuild."""
    done = subprocess.run(
        command, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotBuild(f"{command[0]} failed with exit code {done.returncode}; it said last:\n{done.stdout[-3000:]}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="build images anew that are up to date")
    try:
        settings = build_all(again=parser.parse_args().again)
    except (CannotBuild, DockerFailed, EngineMissing) as error:
        _say(str(error))
        return 1
    _say('to use them: eval "$(make -s offline-images)", or export these:')
    for name, image in sorted(settings.items()):
        print(f"export {name}={image}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
