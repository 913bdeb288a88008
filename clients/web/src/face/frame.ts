/** One moment of a face. */

export interface FaceFrame {
  /** 52 ARKit weights in alphabetical order, 0–1. */
  readonly weights: Float32Array;
  /** Yaw to the avatar's left, pitch up, roll; degrees. */
  readonly head: Float32Array;
  /** Eyes in the head, to the avatar's left and up; degrees. */
  readonly gaze: Float32Array;
}

export interface FaceFrames {
  readonly fps: number;
  /** In order, 1000 / fps ms apart. */
  readonly frames: readonly FaceFrame[];
}

/** A frame of zeros. */
export function newFrame(): FaceFrame {
  return { weights: new Float32Array(52), head: new Float32Array(3), gaze: new Float32Array(2) };
}

/** The mix of two frames, `a` at k = 0 and `b` at k = 1, written into `out` (which may be one of them). */
export function blend(a: FaceFrame, b: FaceFrame, k: number, out: FaceFrame = newFrame()): FaceFrame {
  mix(a.weights, b.weights, k, out.weights);
  mix(a.head, b.head, k, out.head);
  mix(a.gaze, b.gaze, k, out.gaze);
  return out;
}

function mix(a: Float32Array, b: Float32Array, k: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    const from = a[i] ?? 0;
    out[i] = from + ((b[i] ?? 0) - from) * k;
  }
}
