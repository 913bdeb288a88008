"""Sound and faces that a caller may ask for by Accept."""

from accounts.rest.renderers import NamedRenderer


class WavRenderer(NamedRenderer):
    media_type = "audio/wav"
    format = "wav"


class PcmRenderer(NamedRenderer):
    media_type = "audio/pcm"
    format = "pcm16"


class OpusRenderer(NamedRenderer):
    media_type = "audio/ogg"
    format = "opus"


class Mp3Renderer(NamedRenderer):
    media_type = "audio/mpeg"
    format = "mp3"


class FaceRenderer(NamedRenderer):
    media_type = "application/octet-stream"
    format = "stream"
