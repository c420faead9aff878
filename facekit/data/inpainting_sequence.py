"""Inpainting examples for ``keras.Model.fit`` on any backend."""

from facekit.data.example_sequence import ExampleSequence


class InpaintingSequence(ExampleSequence):
    """``ExampleSequence`` of ``InpaintingExamples``, with the same arguments."""
