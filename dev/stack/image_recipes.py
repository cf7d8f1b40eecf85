"""What the base images are made of that this machine can build by itself. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.checkout import ROOT

ENTRYPOINT = ROOT / "deploy" / "offline" / "postgres-entrypoint"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One image: the ``setting`` that names it, the image it starts from (None: from debootstrap), the packages that
    are installed into it, commands for its shell before and after that, its configuration in Dockerfile words, and the
    files that are copied into it.
    """

    name: str
    setting: str | None
    base: str | None
    packages: tuple[str, ...]
    before: str = ""
    after: str = ""
    changes: tuple[str, ...] = ()
    stop_signal: str = "SIGTERM"
    files: Mapping[Path, str] = field(default_factory=dict)


_TLS = " ".join(f"{name}={CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"))

RECIPES = (
    Recipe(name="debian", setting=None, base=None, packages=("ca-certificates",)),
    Recipe(
        name="python",
        setting="PYTHON_IMAGE",
        base="debian",
        packages=("python3", "python3-venv"),
        after="ln -s /usr/bin/python3 /usr/local/bin/python",
        changes=(f"ENV LANG=C.UTF-8 {_TLS}", 'CMD ["python3"]'),
    ),
    Recipe(
        name="python-git",
        setting="PYTHON_GIT_IMAGE",
        base="python",
        packages=("git", "tini"),
        changes=('CMD ["python3"]',),
    ),
    Recipe(
        name="postgres",
        setting="POSTGRES_IMAGE",
        base="debian",
        packages=("postgresql",),
        before="groupadd --system --gid 999 postgres && "
        "useradd --system --gid 999 --uid 999 --home-dir /var/lib/postgresql --shell /bin/sh postgres && "
        "mkdir -p /etc/postgresql-common && "
        "echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf",
        # One path, whatever the version, for the PATH of the image.
        after="ln -s /usr/lib/postgresql/*/bin /usr/local/lib/postgresql && "
        "install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data /var/run/postgresql",
        changes=(
            "ENV LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data "
            "PATH=/usr/local/lib/postgresql:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            'ENTRYPOINT ["postgres-entrypoint"]',
            'CMD ["postgres"]',
            "VOLUME /var/lib/postgresql/data",
            "EXPOSE 5432",
        ),
        # A fast shutdown: SIGTERM would wait for the clients to go.
        stop_signal="SIGINT",
        files={ENTRYPOINT: "/usr/local/bin/postgres-entrypoint"},
    ),
)
