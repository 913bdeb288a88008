/** The 57 channels of a face: 52 ARKit weights in alphabetical order, then head and gaze angles in degrees. */
import table from '../../../../avatars/face/data/channels.json';

export const ARKIT: readonly string[] = table.arkit;
export const CHANNELS: readonly string[] = [...table.arkit, ...table.pose];
/** Names without a side of the weights whose two sides move alike in a symmetric face. */
export const MIRRORED: readonly string[] = table.mirrored;
/** The eyeLook weights, in order. */
export const EYE_LOOK: readonly number[] = CHANNELS.flatMap((name, i) => (name.startsWith('eyeLook') ? [i] : []));

const LOOK = table.look_degrees;

/** Index of a channel; throws for an unknown name. */
export function channel(name: string): number {
  const index = CHANNELS.indexOf(name);
  if (index < 0) throw new Error(`There is no channel ${name}.`);
  return index;
}

/** Indices of a weight; a name without a side means both sides. */
export function both(name: string): readonly number[] {
  return CHANNELS.includes(name) ? [channel(name)] : [channel(`${name}Left`), channel(`${name}Right`)];
}

/** `{mouthSmile: 0.3}` as the 52 weights. */
export function row(mix: Readonly<Record<string, number>>): Float64Array {
  const weights = new Float64Array(ARKIT.length);
  for (const [name, value] of Object.entries(mix))
    for (const i of both(name)) weights[i] = (weights[i] ?? 0) + value;
  return weights;
}

const FIRST_LOOK = EYE_LOOK[0] ?? 0;

/** Write the eyeLook weights of a gaze in degrees (to the avatar's left, up). */
export function look(x: number, y: number, weights: Float32Array): void {
  const side = clamp(x / LOOK.side);
  const other = clamp(-x / LOOK.side);
  weights.fill(clamp(-y / LOOK.down), FIRST_LOOK, FIRST_LOOK + 2);
  weights[FIRST_LOOK + 2] = other;
  weights[FIRST_LOOK + 3] = side;
  weights[FIRST_LOOK + 4] = side;
  weights[FIRST_LOOK + 5] = other;
  weights.fill(clamp(y / LOOK.up), FIRST_LOOK + 6, FIRST_LOOK + 8);
}

/** Turn the eyes by degrees (to the avatar's left, up) from where the eyeLook weights have them; opposites cancel out. */
export function turnEyes(x: number, y: number, weights: Float32Array): void {
  const [down, inwards, outwards, up] = [0, 2, 4, 6].map((k) => FIRST_LOOK + k) as [number, number, number, number];
  for (const [eye, outward] of [x, -x].entries()) {
    turnEye(weights, outwards + eye, inwards + eye, LOOK.side, LOOK.side, outward);
    turnEye(weights, up + eye, down + eye, LOOK.up, LOOK.down, y);
  }
}

function turnEye(weights: Float32Array, on: number, back: number, onAt1: number, backAt1: number, by: number): void {
  const angle = (weights[on] ?? 0) * onAt1 - (weights[back] ?? 0) * backAt1 + by;
  weights[on] = clamp(angle / onAt1);
  weights[back] = clamp(-angle / backAt1);
}

/** x within 0–1. */
export function clamp(x: number): number {
  return Math.min(Math.max(x, 0), 1);
}
