"""The digest of the contracts that this process was built with."""

import functools
import hashlib
from importlib import import_module
from importlib.resources import files

from google.protobuf import descriptor_pb2, descriptor_pool

METADATA_KEY = "autopack-contract"

_PACKAGES = ("results", "executor", "gatekeeper", "store")


@functools.cache
def contract_digest() -> str:
    """The first 16 hex digits of the SHA-256 over every contract's descriptor, in the order of their names."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for entry in sorted(files(f"autopack.{package}.v1").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith("_pb2.py"):
                import_module(f"autopack.{package}.v1.{entry.name.removesuffix('.py')}")
                name = f"autopack/{package}/v1/{entry.name.removesuffix('_pb2.py')}.proto"
                descriptor = descriptor_pb2.FileDescriptorProto()
                descriptor_pool.Default().FindFileByName(name).CopyToProto(descriptor)
                digest.update(descriptor.SerializeToString(deterministic=True))
    return digest.hexdigest()[:16]
