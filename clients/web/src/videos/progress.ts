/** What the server tells of videos that are being made, read from its messages. */
import { Fields } from '../protocol/Fields';

export type VideoState = 'queued' | 'preparing' | 'rendering' | 'finishing' | 'finished' | 'failed' | 'cancelled';

export interface VideoProgress {
  readonly video: string;
  readonly state: VideoState;
  /** 0–100 of the whole. */
  readonly percent: number;
  /** Null while nothing is known. */
  readonly secondsLeft: number | null;
  readonly error: { readonly code: string; readonly detail: string; readonly hint: string } | null;
}

export type VideoNews =
  | { readonly type: 'ready'; readonly videos: readonly VideoProgress[] }
  | { readonly type: 'progress'; readonly progress: VideoProgress }
  | { readonly type: 'deleted'; readonly video: string }
  | { readonly type: 'pong'; readonly t: number }
  | { readonly type: 'other' };

/** @throws {MessageFormatError} when the text is no message, or one without a field that it needs. */
export function parseVideoNews(text: string): VideoNews {
  const fields = new Fields(parsed(text));
  switch (fields.text('type')) {
    case 'videos.ready':
      return { type: 'ready', videos: fields.list('videos').map((row) => readProgress(new Fields(row, 'video'))) };
    case 'video.progress':
      return { type: 'progress', progress: readProgress(fields) };
    case 'video.deleted':
      return { type: 'deleted', video: fields.text('video') };
    case 'pong':
      return { type: 'pong', t: fields.number('t') };
    default:
      return { type: 'other' };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no object: reading its fields says so
  }
}

function readProgress(fields: Fields): VideoProgress {
  const progress = fields.object('progress');
  const error = fields.objectOrNull('error');
  return {
    video: fields.text('video'),
    state: fields.text('state') as VideoState,
    percent: progress.number('percent'),
    secondsLeft: progress.all.seconds_left === null ? null : progress.number('seconds_left'),
    error: error === null ? null : readError(error),
  };
}

function readError(error: Fields): VideoProgress['error'] {
  return { code: error.text('code'), detail: error.text('detail', ''), hint: error.text('hint', '') };
}
