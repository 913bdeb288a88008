/** What the page and the audio worklet say to each other. */
import type { EndedTurn, PlayerReport } from './PlayerCore';

export const PLAYER_NODE = 'visavis-player';

export type PlayerCommand =
  | {
      readonly type: 'audio';
      readonly turn: number;
      readonly ptsMs: number;
      readonly samples: Int16Array;
      readonly last: boolean;
    }
  | { readonly type: 'finish'; readonly turn: number }
  | { readonly type: 'flush'; readonly throughTurn: number }
  | { readonly type: 'close' };

export type PlayerEvent =
  | ({ readonly type: 'report'; readonly contextTime: number } & PlayerReport)
  | ({ readonly type: 'ended'; readonly contextTime: number } & EndedTurn)
  | { readonly type: 'refused'; readonly turn: number };
