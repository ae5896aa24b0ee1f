"""Recordings and films, judged by their containers: WeChat takes AMR, MP3 and MP4 (protocol §8.1)."""

import io
from dataclasses import dataclass

from tinytag import TinyTag, TinyTagException

from bot.materials.refusing import NotTaken, Why

MB = 1024 * 1024
VOICE_LARGEST = 2 * MB
VOICE_LONGEST = 60_000  # milliseconds
VIDEO_LARGEST = 10 * MB
AMR = b"#!AMR\n"
# Bytes of a frame of narrow-band AMR after its first, by the mode in bits 3 to 6 (RFC 4867 §3.6).
AMR_FRAMES = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5, 15: 0}
AMR_FRAME_MILLISECONDS = 20


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording or film, kept byte for byte, and how long it plays."""

    content: bytes
    media_type: str
    ending: str
    milliseconds: int


def check_voice(sent: bytes) -> Recording:
    """Return the AMR or MP3 that `sent` is, of at most 2 MB and 60 s; raise `NotTaken` otherwise."""
    if len(sent) > VOICE_LARGEST:
        raise NotTaken(Why.TOO_LARGE, megabytes=VOICE_LARGEST // MB)
    if sent.startswith(AMR):
        found = Recording(sent, "audio/amr", "amr", _amr_length(sent))
    elif _is_mp3(sent):
        found = Recording(sent, "audio/mpeg", "mp3", _length(sent, ".mp3", Why.NO_VOICE))
    else:
        raise NotTaken(Why.NO_VOICE)
    if found.milliseconds > VOICE_LONGEST:
        raise NotTaken(Why.TOO_LONG, seconds=VOICE_LONGEST // 1000)
    return found


def check_video(sent: bytes) -> Recording:
    """Return the MP4 that `sent` is, of at most 10 MB; raise `NotTaken` otherwise."""
    if len(sent) > VIDEO_LARGEST:
        raise NotTaken(Why.TOO_LARGE, megabytes=VIDEO_LARGEST // MB)
    boxes = _boxes(sent)
    if boxes[:1] != [b"ftyp"] or not {b"moov", b"mdat"} <= set(boxes):
        raise NotTaken(Why.NO_VIDEO)
    return Recording(sent, "video/mp4", "mp4", _length(sent, ".mp4", Why.NO_VIDEO))


def _amr_length(sent: bytes) -> int:
    """Walk from frame to frame: whatever is not a whole frame is not AMR."""
    place, frames = len(AMR), 0
    while place < len(sent):
        head = sent[place]
        length = AMR_FRAMES.get((head >> 3) & 0x0F)
        if length is None or head & 0x83 or place + 1 + length > len(sent):
            raise NotTaken(Why.NO_VOICE)
        place += 1 + length
        frames += 1
    if not frames:
        raise NotTaken(Why.EMPTY)
    return frames * AMR_FRAME_MILLISECONDS


def _is_mp3(sent: bytes) -> bool:
    """Tell whether an MPEG frame of layer III stands where one must: at once, or after the ID3 tag."""
    place = 0
    if sent[:3] == b"ID3" and len(sent) > 10:
        size = 0
        for byte in sent[6:10]:
            size = size << 7 | byte & 0x7F
        place = 10 + size
    head = sent[place : place + 4]
    is_sync = len(head) == 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return is_sync and head[1] & 0x06 == 0x02 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def _boxes(sent: bytes) -> list[bytes]:
    """Return the names of the outermost boxes, which must fill the file to its last byte; else nothing."""
    place, names = 0, []
    while place < len(sent):
        size, name = int.from_bytes(sent[place : place + 4]), sent[place + 4 : place + 8]
        if size == 1:
            size = int.from_bytes(sent[place + 8 : place + 16])
        elif size == 0:
            size = len(sent) - place
        if size < 8 or place + size > len(sent):
            return []
        names.append(name)
        place += size
    return names


def _length(sent: bytes, ending: str, otherwise: Why) -> int:
    held = io.BytesIO(sent)
    held.name = f"sent{ending}"
    try:
        seconds = TinyTag.get(file_obj=held, tags=False).duration
    except (TinyTagException, OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        raise NotTaken(Why.BROKEN) from None  # it reads what it finds, and torn files break it anywhere
    except Exception as error:
        # struct.error is a bare Exception
        if type(error).__name__ != "error":
            raise
        raise NotTaken(Why.BROKEN) from None
    if not seconds or seconds <= 0:
        raise NotTaken(otherwise)
    return round(seconds * 1000)
