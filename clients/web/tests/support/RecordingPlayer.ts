/** The silent player, noting what it is given. */
import { TimerPlayer } from '../../src/audio/TimerPlayer';

export class RecordingPlayer extends TimerPlayer {
  /** `turn@pts`, with ` last` at a turn's end. */
  readonly chunks: string[] = [];

  override enqueue(turn: number, ptsMs: number, samples: Int16Array, last: boolean): void {
    this.chunks.push(`${turn}@${ptsMs}${last ? ' last' : ''}`);
    super.enqueue(turn, ptsMs, samples, last);
  }
}
