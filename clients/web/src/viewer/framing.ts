/** Where the camera stands for a picture of a given shape. */

/** Eyes and scale of a head, in the units of its file. */
export interface HeadMeasure {
  /** Height of the eyes. */
  readonly eyeLevel: number;
  readonly depth: number;
  /** Size against a head of natural size in metres. */
  readonly scale: number;
}

export interface Framing {
  /** Vertical, degrees. */
  readonly fov: number;
  readonly distance: number;
  /** Height of the camera and of what it looks at. */
  readonly level: number;
}

/** All in metres of a natural head whose eyes are at 0. */
const DISTANCE = 1;
/** Head with hair and shoulders, in a square or wide picture. */
const HEIGHT = 0.365;
/** Head and some air at its sides, in a narrow picture. */
const LEAST_WIDTH = 0.26;
/** The bust ends a little lower than this. */
const BOTTOM = -0.2;

/** @param aspect width / height of the picture, above 0 */
export function frameHead(aspect: number, head: HeadMeasure): Framing {
  const height = Math.max(HEIGHT, LEAST_WIDTH / aspect);
  return {
    fov: (2 * Math.atan(height / 2 / DISTANCE) * 180) / Math.PI,
    distance: DISTANCE * head.scale,
    level: head.eyeLevel + (BOTTOM + height / 2) * head.scale,
  };
}
