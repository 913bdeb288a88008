/** What each close code of the wire protocol means for the client. */

export type CloseVerdict = 'final' | 'renew' | 'retry' | 'retry-slowly';

const MEANINGS: Readonly<Record<number, { readonly verdict: CloseVerdict; readonly code: string }>> = {
  1000: { verdict: 'final', code: 'closed' },
  4400: { verdict: 'final', code: 'bad_message' },
  4401: { verdict: 'renew', code: 'ticket_refused' },
  4402: { verdict: 'final', code: 'quota_exceeded' },
  4403: { verdict: 'final', code: 'forbidden' },
  4404: { verdict: 'final', code: 'session_gone' },
  4408: { verdict: 'final', code: 'idle' },
  4409: { verdict: 'final', code: 'replaced' },
  4429: { verdict: 'retry-slowly', code: 'too_fast' },
  4430: { verdict: 'retry-slowly', code: 'too_many_viewers' },
};

export function closeVerdict(code: number): CloseVerdict {
  return MEANINGS[code]?.verdict ?? 'retry';
}

/** A name for the code that a program can compare. */
export function closeName(code: number): string {
  return MEANINGS[code]?.code ?? 'connection_lost';
}
