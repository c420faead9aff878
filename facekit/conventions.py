"""The conventions every part of facekit shares.

* Images are RGB. Networks read and write float32 in [0, 1] with shape
  (batch, height, width, channels); photos at the edge of the package are uint8
  with shape (height, width, 3).
* ``mask``: float, 1 = known pixel, 0 = missing. Used by layers, networks and
  SavedModels, as in the papers.
* ``hole``: nonzero = fill this pixel. What a person gives: files, arrays and the
  command line. A transparent pixel counts as a hole as well.
* ``worn_mask``: 1 = covered by a face mask.
"""

TASKS = ("inpaint", "makeup", "retouch", "unmask", "skin")

KNOWN = 1.0
MISSING = 0.0

MAX_MEGAPIXELS = 100.0
# What a parsing network tells apart.
PARSING_CLASSES = ("background", "skin", "hair", "cloth")
