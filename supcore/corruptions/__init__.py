"""Image corruptions: those of the published evaluation, and the common fifteen of ImageNet-C.

The plain names are the corruptions of the authors' release. Its eleventh, ``impulse_noise``, has no code there and is
therefore not among them; ``imagenet_c_impulse_noise`` is the common one. The release needs ImageMagick for
``motion_blur``, and 256×640 images for ``pixelate``; here any size will do, without ImageMagick.

The names with ``imagenet_c_`` follow the ImageNet-C benchmark (Hendrycks and Dietterich, 2019) with its parameters,
and differ from it in this:

- Images have any size; elastic deformations grow with the shorter side, everything else is in pixels. Zooms crop both
  sides in proportion, and the fog is made on the next power of two of the longer side.
- Images are floating-point: an input is truncated to 8 bits only where a codec, Pillow, ImageMagick or the shuffling
  of pixels needs it, and a result is neither rounded to 8 bits nor stored as JPEG.
- ``frost`` draws a procedural texture, since the original's photographs are not ours; its errors are not comparable
  with other implementations.
- ``motion_blur`` and ``snow`` use our own motion blur, which equals ImageMagick's to one gray level.
- Random numbers come from NumPy's current generators, so that noise has the same distribution but other values.

``imagenet_c_zoom_blur`` and ``imagenet_c_elastic_transform`` move pixels, so the ground truth is only approximate
under them; the latter with independent draws even destroys the rows' correspondence.
"""

from typing import TYPE_CHECKING

from supcore.corruptions.registry import CORRUPTIONS, GROUPS, Corruption, chosen_corruptions, find_corruption
from supcore.lazy import lazy_names

if TYPE_CHECKING:
    from supcore.corruptions.apply import corrupt, corrupt_pair

__all__ = ["CORRUPTIONS", "GROUPS", "Corruption", "chosen_corruptions", "corrupt", "corrupt_pair", "find_corruption"]

__getattr__ = lazy_names(__name__, {"corrupt": "apply", "corrupt_pair": "apply"})
