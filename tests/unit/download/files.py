"""Checkpoints in archives on the local server, as the tests of downloads serve and ask for them."""

import hashlib
import io
import zipfile

from supcore.download import Checkpoint, Origin, RemoteFile, obtained_file
from supcore.download.registry import UrlSource

CHECKPOINT = b"\x80\x02 a checkpoint" * 1000


def zipped(**members):
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"psmnet/{name}.tar", content)
    return room.getvalue()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def remote(server, name="a.zip", **known):
    return RemoteFile(name, UrlSource(f"{server.address}/{name}"), "MIT", **known)


def entry(*origins, **settings):
    return Checkpoint(label="psmnet/kitti15", origins=origins, **settings)


def served(server, **settings):
    """The entry of a checkpoint in ``a.zip``, which the server has."""
    server.serve("/a.zip", zipped(kitti=CHECKPOINT))
    return entry(Origin(remote(server), "psmnet/kitti.tar"), **settings)


def obtained(file, downloads, **settings):
    """Path of a file that the caller has no complaint about."""
    with obtained_file(file, downloads, **settings) as path:
        return path


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
