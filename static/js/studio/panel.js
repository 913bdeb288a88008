// When the stage has to stop: what happened, what it means, what to do, and an id.

const byId = (id) => document.getElementById(id);
const MINUTE_MS = 60_000;

const ENDS = {
  replaced: {
    title: "The session goes on somewhere else",
    detail: "It was opened in another tab or window.",
    hint: "Start again to talk here.",
  },
  forbidden: {
    title: "This page may not connect",
    detail: "The server did not accept the origin of this page.",
    hint: "Open the studio at the address that the server is configured for.",
  },
  session_gone: { title: "The session is over", detail: "Nothing more is metered.", hint: "Start again to go on." },
  avatar_deleted: {
    title: "This avatar was deleted",
    detail: "Its session ended with it; nothing more is metered.",
    hint: "Choose another avatar to go on.",
  },
  max_duration: {
    title: "The session reached its longest time",
    detail: "Nothing more is metered.",
    hint: "Start again to go on.",
  },
  quota_exceeded: {
    title: "The plan’s allowance is used up",
    detail: "The session ended when the last of it was spent.",
    hint: "It starts afresh with the next period; a larger plan has more.",
  },
};
const LOST = {
  title: "The connection was lost",
  detail: "The server did not answer, so the session has ended; nothing more is metered.",
  hint: "Check your network, then start again.",
};

export class Panel {
  constructor(again) {
    byId("panel-again").addEventListener("click", again);
  }

  show(problem) {
    const { title, detail, hint } = problem.code === "quota_exceeded" && problem.body ? quota(problem.body) : problem;
    byId("panel-title").textContent = title;
    byId("panel-detail").textContent = detail === title ? "" : detail;
    byId("panel-hint").textContent = hint ?? "";
    const isQuota = problem.code.startsWith("quota");
    const isSeat = problem.body?.metric === "concurrent_sessions";
    byId("panel-usage").hidden = !isQuota || isSeat;
    byId("panel-sessions").hidden = !isSeat;
    byId("panel-id").textContent = problem.requestId ? `Request ${problem.requestId}` : "";
    byId("panel").hidden = false;
    byId("panel-again").focus();
  }

  ended(reason) {
    const code = reason.startsWith("quota") ? "quota_exceeded" : reason;
    this.show({ code, ...(ENDS[code] ?? LOST) });
  }

  hide() {
    byId("panel").hidden = true;
  }
}

// A 402 in the reader's words: `metric`, `limit`, `resets_at` as the API gives them.
function quota({ metric, limit, resets_at: resetsAt, detail }) {
  const hint = resetsAt ? `It starts afresh on ${new Date(resetsAt).toLocaleDateString(undefined, { dateStyle: "long" })}.` : "";
  if (metric === "avatar_ms") {
    const minutes = Math.round(limit / MINUTE_MS).toLocaleString();
    return { title: "This period’s avatar time is used up", detail: `The plan includes ${minutes} minutes.`, hint };
  }
  if (metric === "tts_characters") {
    const detailed = `The plan includes ${limit.toLocaleString()} characters; this sentence does not fit any more.`;
    return { title: "This period’s spoken characters are used up", detail: detailed, hint };
  }
  if (metric === "concurrent_sessions") {
    const detailed = `The plan allows ${limit} at once, and all of them are live.`;
    return { title: "Every session is taken", detail: detailed, hint: "End one of them, then start again." };
  }
  return { title: "The plan’s allowance is used up", detail, hint };
}
