/** Where the camera stands for a picture of a given shape. */
import type { Framing } from '../protocol/messages';

/** Eyes and scale of a head, in the units of its file. */
export interface HeadMeasure {
  /** Height of the eyes. */
  readonly eyeLevel: number;
  readonly depth: number;
  /** Size against a head of natural size in metres. */
  readonly scale: number;
}

export interface CameraPlace {
  /** Vertical, degrees. */
  readonly fov: number;
  readonly distance: number;
  /** Height of the camera and of what it looks at. */
  readonly level: number;
  /** How far the picture is moved down without moving the camera, as a share of its height. */
  readonly shift: number;
}

/** How large the face is, against `head`. */
const NEARNESS: Readonly<Record<Framing, number>> = { face: 1.5, head: 1, bust: 0.8 };
/** All in metres of a natural head whose eyes are at 0. */
const DISTANCE = 1;
/** Head with hair and shoulders, in a square or wide picture. */
const HEIGHT = 0.365;
/** Head and some air at its sides, in a narrow picture. */
const LEAST_WIDTH = 0.26;
/** The bust ends a little lower than this, and all clothes lower than that. */
const BOTTOM = -0.2;
const BUST_BOTTOM = -0.222;
/** A photo in a wide picture may lose so much of its height, one in a narrow picture so much of its width. */
const PHOTO_HEIGHT = 0.86;
const PHOTO_WIDTH = 0.72;
/** Of what is cut off a photo's height: the share that is cut at its top. */
const PHOTO_TOP = 0.3;
/** Just so much nearer that no edge of it shows. */
const OVERSCAN = 1.015;
/** From here a photo's depth looks as it was taken; it is made for a camera at this height. */
const PHOTO_LEVEL = BOTTOM + HEIGHT / 2;

/** @param aspect width / height of the picture, above 0 */
export function frameHead(aspect: number, head: HeadMeasure, framing: Framing = 'head'): CameraPlace {
  const height = Math.max(HEIGHT, LEAST_WIDTH / aspect);
  const shown = height / NEARNESS[framing];
  const middle = framing === 'bust' ? BUST_BOTTOM + shown / 2 : BOTTOM + height / 2;
  return camera(shown, middle, middle, head);
}

/** A photo fills the picture as far as it can: wide ones cut its top and bottom, narrow ones its sides, neither into the
 * face. What is left beside or above it is the backdrop's. A photo has no more than itself: `bust` is `head`. */
export function framePhoto(aspect: number, head: HeadMeasure, framing: Framing = 'head'): CameraPlace {
  const nearness = Math.max(1, NEARNESS[framing]);
  const height =
    aspect > 1 ? HEIGHT * Math.max(1 / aspect, PHOTO_HEIGHT) : HEIGHT * Math.max(1, PHOTO_WIDTH / aspect);
  const cut = Math.max(0, HEIGHT - height);
  const whole = BOTTOM + cut * (1 - PHOTO_TOP) + height / 2;
  return camera(height / nearness / OVERSCAN, PHOTO_LEVEL, nearness > 1 ? Math.min(whole, 0) : whole, head);
}

function camera(shown: number, level: number, middle: number, head: HeadMeasure): CameraPlace {
  return {
    fov: (2 * Math.atan(shown / 2 / DISTANCE) * 180) / Math.PI,
    distance: DISTANCE * head.scale,
    level: head.eyeLevel + level * head.scale,
    shift: (level - middle) / shown,
  };
}
