"""Sound and faces that a caller may ask for by Accept."""

from accounts.rest.renderers import naming

WavRenderer = naming("audio/wav", "wav")
PcmRenderer = naming("audio/pcm", "pcm16")
OpusRenderer = naming("audio/ogg", "opus")
Mp3Renderer = naming("audio/mpeg", "mp3")
FaceRenderer = naming("application/octet-stream", "stream")
