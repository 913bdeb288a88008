"""Which kind of sound file something is, told by its first bytes alone; nothing is decoded."""

_OPENINGS = ((b"OggS", "ogg"), (b"fLaC", "flac"), (b"ID3", "mp3"), (b"\x1a\x45\xdf\xa3", "matroska"))
_SYNC, _LAYER_III = 0xFFE0, 0x0002  # of an MPEG audio frame's header; the bits of its layer
_LAYER = 0x0006


def container_of(content: bytes) -> str:
    """FFmpeg's name of the container: wav, ogg, flac, mp3, matroska (WebM too) or mov (MP4, M4A too); empty for others."""
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return "wav"
    if content[4:8] == b"ftyp":
        return "mov"
    for opening, container in _OPENINGS:
        if content.startswith(opening):
            return container
    return "mp3" if _is_mpeg_frame(content) else ""


def _is_mpeg_frame(content: bytes) -> bool:
    header = int.from_bytes(content[:2], "big")
    return len(content) > 2 and header & _SYNC == _SYNC and header & _LAYER == _LAYER_III
