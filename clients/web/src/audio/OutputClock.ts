/** Which moment of an audio context is heard now, its output latency taken off. */

/** The part of `AudioContext` that is read. */
export interface TimedContext {
  readonly currentTime: number;
  readonly baseLatency?: number;
  readonly outputLatency?: number;
  getOutputTimestamp?(): { readonly contextTime?: number; readonly performanceTime?: number };
}

/** A stamp further than this from the context's own time comes from a sleeping or faulty device. */
const PLAUSIBLE_S = 1;

/** Context time (s) of the sample that leaves the speaker at `nowMs`, a time of `performance.now()`. */
export function heardTime(context: TimedContext, nowMs: number): number {
  const stamp = context.getOutputTimestamp?.();
  const latency = context.outputLatency || context.baseLatency || 0;
  if (stamp?.contextTime && stamp.performanceTime) {
    const heard = stamp.contextTime + (nowMs - stamp.performanceTime) / 1000;
    if (Math.abs(context.currentTime - heard) < PLAUSIBLE_S) return Math.min(heard, context.currentTime);
  }
  return context.currentTime - latency;
}
