"""What may lie at a path of a tree."""

import enum


class EntryKind(enum.Enum):
    """The kinds, by how messages call them."""

    FILE = "a file"
    LINK = "a link"
    FOLDER = "a folder"
    SUBMODULE = "a submodule"
